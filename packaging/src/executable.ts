import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import postject from 'postject'
import { FIXED_HASH_SEED, unseedCodeCache } from './code-cache.ts'
import { runTool } from './run-tool.ts'
import type { BundledPart } from './split-bundle.ts'

/** What an executable is made of. */
export interface ExecutableInput {
  /** Root of the checkout. */
  readonly root: string
  /** Bundle of the program; intermediate files are put beside it. */
  readonly bundle: string
  /** Node with nothing but what running takes; see {@link stripNode}. */
  readonly node: string
  /** Flags of V8 that it always runs with. */
  readonly flags: readonly string[]
  /** Folders and files to put inside, from the root of the checkout. */
  readonly assets: readonly string[]
  /** Parts of the program, to put inside as well. */
  readonly parts: readonly BundledPart[]
  readonly outfile: string
}

/** Marks the place in Node that says whether it carries a program. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'

/** Copies a node without symbols. Before anything is put in: stripped later, it would lose that. */
export function stripNode(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true })
  copyFileSync(from, to)
  chmodSync(to, 0o755)
  runTool('strip', ['--strip-all', to])
}

/** Puts a bundle with its code cache and assets into a copy of node. The same input gives the same bytes. */
export async function makeExecutable(input: ExecutableInput): Promise<void> {
  const { bundle, node, flags, outfile } = input
  const folder = dirname(bundle)
  const name = basename(bundle)
  const config = {
    // The blob tells this path: relative, so that it is the same wherever the checkout stands.
    main: name,
    output: `${name}.blob`,
    disableExperimentalSEAWarning: true,
    useCodeCache: true,
    execArgv: flags,
    assets: Object.fromEntries([
      ...input.parts.map(({ key, file }) => [key, file]),
      ...input.assets.flatMap((path) => filesOf(input.root, path)),
    ]),
  }
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(config))
  runTool(node, [...flags, FIXED_HASH_SEED, '--experimental-sea-config', `${name}.json`], { cwd: folder })
  const blob = unseedCodeCache(readFileSync(join(folder, `${name}.blob`)), node, flags)
  mkdirSync(dirname(outfile), { recursive: true })
  copyFileSync(node, outfile)
  chmodSync(outfile, 0o755)
  await withoutWarnings(() => postject.inject(outfile, 'NODE_SEA_BLOB', Buffer.from(blob), { sentinelFuse: FUSE }))
}

/** The files that an asset stands for, a folder for all in it, with their keys; in a fixed order. */
export function filesOf(root: string, path: string): readonly (readonly [key: string, file: string])[] {
  const file = join(root, path)
  if (!statSync(file).isDirectory()) return [[path, file]]
  return readdirSync(file)
    .sort()
    .flatMap((entry) => filesOf(root, `${path}/${entry}`))
}

/** The injector warns of names of note sections, which stripping has removed, on the console. */
async function withoutWarnings(work: () => Promise<void>): Promise<void> {
  const { warn, error, log } = console
  const silent = () => undefined
  Object.assign(console, { warn: silent, error: silent, log: silent })
  try {
    await work()
  } finally {
    Object.assign(console, { warn, error, log })
  }
}
