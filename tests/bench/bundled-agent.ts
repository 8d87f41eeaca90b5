import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { PROJECT_ROOT } from '../program.ts'

/** The agent in one file. */
export interface BundledAgent {
  /** Program and first arguments. */
  readonly argv: readonly string[]
  [Symbol.dispose](): void
}

/**
 * Bundles the agent into one file, as the executable for images will hold it: from a checkout most of a short command's
 * time goes into finding and reading hundreds of modules.
 */
export async function bundleAgent(): Promise<BundledAgent> {
  const folder = mkdtempSync(join(tmpdir(), 'muster-bundle-'))
  const outfile = join(folder, 'muster-agent.mjs')
  await build({
    entryPoints: [join(PROJECT_ROOT, 'vm-agent/src/main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    logLevel: 'error',
    // CommonJS packages inside ask for node's modules by require.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  })
  return {
    argv: ['env', `NODE_COMPILE_CACHE=${join(folder, 'compiled')}`, process.execPath, outfile],
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}
