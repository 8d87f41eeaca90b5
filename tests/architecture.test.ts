import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { LIBP2P_PACKAGES, VM_AGENT_PACKAGES } from './architecture/agent-packages.ts'
import {
  environmentIsReadInEntryFiles,
  filesAreShort,
  functionLengths,
  functionsAreShort,
  machinePathsIn,
  timeAndChanceArePassedIn,
  vagueFoldersIn,
} from './architecture/code-rules.ts'
import {
  contextsIsPure,
  importsFollowTheDesign,
  libp2pStaysInMesh,
  nothingIsReExportedWhole,
  type Rule,
  sourceImportsNoTestTool,
} from './architecture/import-rules.ts'
import { entriesWithHosts, type Lockfile, runtimeDependencies } from './architecture/lockfile.ts'
import { type Finding, listFiles, parseSource, readSources } from './architecture/source.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const sources = readSources(root)
const lockfile = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lockfile

/** A rule, and small files that break it: each must be found, else the rule guards nothing. */
interface GuardedRule {
  readonly name: string
  readonly rule: Rule
  readonly broken: readonly (readonly [path: string, text: string])[]
  readonly kept: readonly (readonly [path: string, text: string])[]
}

const RULES: readonly GuardedRule[] = [
  {
    name: 'parts import each other only in the directions of the design',
    rule: importsFollowTheDesign,
    broken: [
      ['vm-agent/src/a.ts', "import { x } from '@muster/coordinator/app.ts'"],
      ['coordinator/src/a.ts', "import type { X } from '@muster/vm-agent/report.ts'"],
      ['runtime/src/a.ts', "export { x } from '@muster/contexts/fault.ts'"],
      ['contexts/src/a.ts', "const x = await import('@muster/runtime/clock.ts')"],
      ['cli/src/a.ts', "type X = import('@muster/coordinator/app.ts').X"],
      ['cli/src/a.ts', "import { x } from '../../vm-agent/src/report.ts'"],
      ['coordinator/web/src/a.tsx', "import { x } from '@muster/runtime/clock.ts'"],
      ['coordinator/web/src/a.tsx', "import { x } from '../../src/app.ts'"],
      ['bin/a.mjs', "import { x } from '@muster/runtime/clock.ts'"],
      ['world/a.ts', "import { x } from '@muster/coordinator/app.ts'"],
      ['cli/src/a.ts', "import { x } from '../../world/options.ts'"],
      ['vitest.config.ts', "import { x } from './world/options.ts'"],
    ],
    kept: [
      ['vm-agent/src/a.ts', "import { x } from '@muster/runtime/clock.ts'"],
      ['tests/a.ts', "import { x } from '@muster/coordinator/app.ts'"],
      ['tests/a/b.ts', "import { x } from '../../world/options.ts'"],
      ['vitest.config.ts', "import { x } from './tests/a.ts'"],
      ['contexts/src/a/b.ts', "import { x } from '../fault.ts'"],
    ],
  },
  {
    name: 'contexts is pure and runs in a browser',
    rule: contextsIsPure,
    broken: [
      ['contexts/src/a.ts', "import { readFileSync } from 'node:fs'"],
      ['contexts/src/a.ts', "import { join } from 'path'"],
      ['contexts/src/a.ts', "const x = Buffer.from('x')"],
      ['contexts/src/a.ts', 'const x = process.argv'],
    ],
    kept: [
      ['contexts/test/a.ts', "import { readFileSync } from 'node:fs'"],
      ['contexts/src/a.ts', '// Buffer.from is not here\nconst x = new Uint8Array(1)'],
    ],
  },
  {
    name: 'libp2p is imported in mesh only',
    rule: libp2pStaysInMesh,
    broken: [
      ['vm-agent/src/a.ts', "import { createLibp2p } from 'libp2p'"],
      ['coordinator/src/a.ts', "import { tcp } from '@libp2p/tcp'"],
      ['cli/src/a.ts', "import { multiaddr } from '@multiformats/multiaddr'"],
    ],
    kept: [['mesh/src/a.ts', "import { tcp } from '@libp2p/tcp'"]],
  },
  {
    name: 'nothing is re-exported whole',
    rule: nothingIsReExportedWhole,
    broken: [
      ['contexts/src/a.ts', "export * from './b.ts'"],
      ['contexts/src/a.ts', "export * as b from './b.ts'"],
    ],
    kept: [['contexts/src/a.ts', "export { b } from './b.ts'"]],
  },
  {
    name: 'what ships imports no testing tool',
    rule: sourceImportsNoTestTool,
    broken: [['vm-agent/src/a.ts', "import { expect } from 'vitest'"]],
    kept: [['vm-agent/test/a.test.ts', "import { expect } from 'vitest'"]],
  },
  {
    name: 'the environment is read in entry files only',
    rule: environmentIsReadInEntryFiles,
    broken: [
      ['vm-agent/src/config.ts', 'const x = process.env.HOME'],
      ['vm-agent/src/config.ts', "const x = process['env']"],
      ['vm-agent/src/config.ts', "import { env } from 'node:process'"],
      ['vm-agent/src/config.ts', 'const { env } = process'],
    ],
    kept: [
      ['vm-agent/src/main.ts', 'const x = process.env'],
      ['vm-agent/test/a.test.ts', 'const x = process.env'],
      ['vm-agent/src/config.ts', 'const x = process.argv'],
    ],
  },
  {
    name: 'time and chance are passed in, and no test sleeps',
    rule: timeAndChanceArePassedIn,
    broken: [
      ['vm-agent/src/a.ts', 'const x = Date.now()'],
      ['vm-agent/src/a.ts', 'const x = new Date()'],
      ['vm-agent/src/a.ts', 'const x = performance.now()'],
      ['vm-agent/src/a.ts', 'const x = Math.random()'],
      ['coordinator/src/a.ts', 'setTimeout(() => {}, 1)'],
      ['coordinator/src/a.ts', 'globalThis.setInterval(() => {}, 1)'],
      ['coordinator/src/a.ts', "import { setTimeout as sleep } from 'node:timers/promises'"],
      ['vm-agent/test/a.test.ts', 'await new Promise((done) => setTimeout(done, 100))'],
      ['tests/faults/a.test.ts', 'const x = Math.random()'],
    ],
    kept: [
      ['runtime/src/clock.ts', 'const x = Date.now(); setTimeout(() => {}, 1)'],
      ['coordinator/web/src/a.tsx', 'setTimeout(() => {}, 1)'],
      ['vm-agent/src/a.ts', 'const x = new Date(0); const now = clock.now()'],
      ['tests/bench/a.ts', 'const x = performance.now()'],
    ],
  },
  {
    name: 'files are short',
    rule: filesAreShort,
    broken: [['vm-agent/src/a.ts', 'const x = 1\n'.repeat(351)]],
    kept: [['vm-agent/src/a.ts', '// a line\n'.repeat(350)]],
  },
  {
    name: 'functions are short',
    rule: functionsAreShort,
    broken: [
      ['vm-agent/src/a.ts', `function long() {\n${'  x()\n'.repeat(49)}}`],
      ['vm-agent/src/a.ts', `const long = () => {\n${'  x()\n'.repeat(49)}}`],
      ['vm-agent/src/a.ts', `class A {\n  long() {\n${'  x()\n'.repeat(49)}}\n}`],
    ],
    kept: [
      ['vm-agent/src/a.ts', `function long() {\n${'  x()\n'.repeat(48)}}`],
      [
        'vm-agent/src/a.ts',
        `function createA() {\n${`  const f = () => {\n${'    x()\n'.repeat(20)}  }\n`.repeat(3)}}`,
      ],
    ],
  },
]

describe.each(RULES)('$name', ({ rule, broken, kept }) => {
  test('in every file of the project', () => {
    expect(sources.flatMap((file) => rule(file)).map(render)).toEqual([])
  })

  test.each(broken.map(excerpted))('a breach in %s is found: %s', (path, _excerpt, text) => {
    expect(rule(parseSource(path, text))).not.toEqual([])
  })

  test.each(kept.map(excerpted))('what is allowed in %s is not reported: %s', (path, _excerpt, text) => {
    expect(rule(parseSource(path, text))).toEqual([])
  })
})

describe('the tree of files', () => {
  test('was read, and every file parses', () => {
    expect(sources.length).toBeGreaterThan(50)
    expect(sources.flatMap(({ path, syntaxErrors }) => syntaxErrors.map((error) => `${path}: ${error}`))).toEqual([])
  })

  test('has no folder whose name says nothing', () => {
    expect(sources.flatMap(({ path }) => vagueFoldersIn(path)).map(render)).toEqual([])
    for (const folder of ['utils', 'helpers', 'common', 'misc']) {
      expect(vagueFoldersIn(`vm-agent/src/${folder}/a.ts`), folder).toHaveLength(1)
    }
  })

  test('names no folder of the machine it stands on', () => {
    const texts = listFiles(root, '**/*.{ts,tsx,mjs,json,md,html,css,context,sh,yaml,yml}')
    expect(
      texts.flatMap((path) => machinePathsIn(path, readFileSync(join(root, path), 'utf8'), root)).map(render),
    ).toEqual([])
    expect(machinePathsIn('a.md', 'see /srv/project/checkout/a.ts', '/srv/project/checkout')).toHaveLength(1)
    expect(machinePathsIn('a.md', 'ok\nsee /srv/project/other', '/srv/project/checkout')).toHaveLength(1)
    expect(machinePathsIn('a.md', 'see /srv/projects', '/srv/project/checkout')).toEqual([])
  })

  test('keeps most functions far below the limit', () => {
    const lengths = sources
      .filter(({ path }) => /\/src\/.*\.ts$/.test(path))
      .flatMap((file) => functionLengths(file).map(({ lines }) => lines))
      .sort((a, b) => a - b)
    expect(lengths[Math.floor(lengths.length * 0.9)]).toBeLessThanOrEqual(25)
  })
})

describe('the lockfile', () => {
  test('names no registry', () => {
    expect(entriesWithHosts(lockfile)).toEqual([])
    expect(
      entriesWithHosts({ packages: { 'node_modules/a': { resolved: 'https://registry.example/a.tgz' } } }),
    ).toEqual(['node_modules/a'])
  })

  test('gives the agent in the virtual machine exactly these packages', () => {
    expect(runtimeDependencies(lockfile, 'vm-agent')).toEqual([...VM_AGENT_PACKAGES, ...LIBP2P_PACKAGES].sort())
  })

  test('is walked as npm does: nearest first, through links, without development', () => {
    const sample: Lockfile = {
      packages: {
        app: { dependencies: { own: '1', a: '1' } },
        own: { dependencies: { b: '1' } },
        'node_modules/own': { resolved: 'own', link: true },
        'node_modules/a': { dependencies: { c: '2' } },
        'node_modules/a/node_modules/c': { dependencies: { d: '1' } },
        'node_modules/b': {},
        'node_modules/c': { dependencies: { never: '1' } },
        'node_modules/d': {},
        'node_modules/never': {},
      },
    }
    expect(runtimeDependencies(sample, 'app')).toEqual(['a', 'b', 'c', 'd'])
  })
})

function excerpted([path, text]: readonly [path: string, text: string]): [string, string, string] {
  return [path, text.split('\n', 1)[0] ?? '', text]
}

function render({ path, line, message }: Finding): string {
  return `${path}:${line}: ${message}`
}
