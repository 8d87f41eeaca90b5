import { readFileSync } from 'node:fs'
import type { Plugin } from 'esbuild'

/**
 * Leaves out of packages what the agent never runs: less text, and fewer modules of Node that are loaded for nothing.
 * What is left out stays noticed: it throws, or the bundler misses it.
 */
export const leanPackages: readonly Plugin[] = [narrowImports(), withoutThreads(), withoutWebAssembly()]

/**
 * `typebox` and its `Value` are objects that hold everything; imported as namespaces, the bundler sees what is used of
 * them and drops two thirds.
 */
function narrowImports(): Plugin {
  return {
    name: 'narrow imports',
    setup({ onLoad }) {
      onLoad({ filter: /\/(contexts|mesh|vm-agent)\/src\/.*\.ts$/ }, ({ path }) => {
        const text = readFileSync(path, 'utf8')
        const contents = text
          .replace(/^import \{[^}]*\bType\b[^}]*\} from 'typebox'$/m, "import * as Type from 'typebox/type'")
          .replace(/^import \{ Value \} from 'typebox\/value'$/m, "import * as Value from 'typebox/value'")
        return contents === text ? undefined : { contents, loader: 'ts' }
      })
    },
  }
}

/** pino can write its log from another thread, which nothing here asks for. */
function withoutThreads(): Plugin {
  const replaced: Readonly<Record<string, string>> = {
    'pino/lib/transport.js': "module.exports = () => { throw new Error('this build writes its log itself') }",
    worker_threads: 'exports.isMainThread = true',
    assert: 'module.exports = (value, message) => { if (!value) throw new Error(message) }',
  }
  return {
    name: 'without threads',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^(worker_threads|assert)$/ }, ({ path, importer }) =>
        /node_modules\/(pino|sonic-boom)\//.test(importer) ? { path, namespace: 'replaced' } : undefined,
      )
      onResolve({ filter: /^\.\/(lib\/)?transport$/ }, ({ importer }) =>
        /node_modules\/pino\//.test(importer) ? { path: 'pino/lib/transport.js', namespace: 'replaced' } : undefined,
      )
      onLoad({ filter: /./, namespace: 'replaced' }, ({ path }) => ({ contents: replaced[path] ?? '', loader: 'js' }))
    },
  }
}

/** The ciphers of noise as WebAssembly, which `mesh/src/libp2p/native-noise.ts` does without. */
function withoutWebAssembly(): Plugin {
  const refuse = "() => { throw new Error('this build has no WebAssembly') }"
  const contents = `export const newInstance = () => undefined
export const ChaCha20Poly1305 = class { seal = ${refuse}; open = ${refuse} }
export const digest = ${refuse}`
  return {
    name: 'without WebAssembly',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^@chainsafe\/as-(chacha20poly1305|sha256)$/ }, ({ path }) => ({
        path,
        namespace: 'no-wasm',
      }))
      onLoad({ filter: /./, namespace: 'no-wasm' }, () => ({ contents, loader: 'js' }))
    },
  }
}
