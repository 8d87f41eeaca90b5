import { BuildError } from './build-error.ts'

/** A program that is shipped as one file. */
export interface ShippedProgram {
  readonly name: 'muster-agent' | 'muster' | 'muster-coordinator'
  /** Its entry file, from the root of the checkout. */
  readonly entry: string
  /** Manifest that its version is read from. */
  readonly manifest: string
  /** Folders and files that it reads while it runs, from the root of the checkout: assets, with these paths as keys. */
  readonly assets: readonly string[]
  /** Whether it reads them by path: then each start lays them into a folder of its own. */
  readonly unpacksAssets: boolean
  /** Whether what it imports dynamically are parts of their own; see `split-bundle.ts`. */
  readonly isInParts: boolean
  /** Of the files that it imports dynamically those that belong to its usual start. */
  readonly startsWith: readonly string[]
  /** Newest version of glibc that it may need. */
  readonly glibc: string
  /** Flags of V8 that are always on. Measured in docs/reference/binaries.md. */
  readonly flags: readonly string[]
  /** Most that the file may take of the disk, in bytes. */
  readonly maxBytes: number
  readonly summary: string
}

const MB = 1_000_000
/** Debian 10 and EL 8: what Node itself needs. */
const GLIBC_OF_NODE = '2.28'
/** What the prebuilt database addon needs: Debian 12, EL 9 and Ubuntu 22.04 have it. */
const GLIBC_OF_DATABASE = '2.34'
/** The shared database addon, in the package that brings it; the architecture follows. */
export const DATABASE_ADDON = 'node_modules/better-sqlite3/prebuilds/linux-'

/**
 * The agent waits nearly always, and its machine is there for others: code is interpreted, and garbage is collected
 * before the heap grows. An idle member saves 25 MiB that way after half an hour, for a twentieth more of processor time.
 */
const FLAGS_OF_AGENT = [
  '--max-semi-space-size=1',
  '--no-opt',
  '--no-maglev',
  '--no-sparkplug',
  '--memory-saver-mode',
] as const

/** Everything that is shipped. */
export const SHIPPED_PROGRAMS: readonly ShippedProgram[] = [
  {
    name: 'muster-agent',
    entry: 'vm-agent/src/main.ts',
    manifest: 'vm-agent/package.json',
    // What it puts into a machine; see image-hooks/src/shipped-files.ts.
    assets: ['image-hooks/files'],
    unpacksAssets: false,
    isInParts: true,
    startsWith: ['vm-agent/src/cli/run.ts'],
    glibc: GLIBC_OF_NODE,
    flags: FLAGS_OF_AGENT,
    maxBytes: 115 * MB,
    summary: 'Agent that turns a virtual machine into what its context says',
  },
  {
    name: 'muster',
    entry: 'cli/src/main.ts',
    manifest: 'cli/package.json',
    assets: [],
    unpacksAssets: false,
    isInParts: false,
    startsWith: [],
    glibc: GLIBC_OF_NODE,
    flags: [],
    maxBytes: 115 * MB,
    summary: 'Command line for contexts, machines and clusters',
  },
  {
    name: 'muster-coordinator',
    entry: 'coordinator/src/main.ts',
    manifest: 'coordinator/package.json',
    assets: [
      'coordinator/web/dist',
      'node_modules/@fastify/swagger-ui/static',
      `${DATABASE_ADDON}${process.arch}.node`,
    ],
    unpacksAssets: true,
    isInParts: false,
    startsWith: [],
    glibc: GLIBC_OF_DATABASE,
    flags: [],
    maxBytes: 125 * MB,
    summary: 'Coordinator with its web pages',
  },
]

/** The program of this name. */
export function shippedProgram(name: ShippedProgram['name']): ShippedProgram {
  const program = SHIPPED_PROGRAMS.find((candidate) => candidate.name === name)
  if (program === undefined) throw new BuildError(`${name} is not shipped`, 'See packaging/src/shipped-program.ts.')
  return program
}
