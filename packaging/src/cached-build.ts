import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { systemClock } from '@muster/runtime/clock.ts'
import { BuildError } from './build-error.ts'
import { type Bundle, bundleProgram } from './bundle.ts'
import { digestOfProgram } from './program-digest.ts'
import { type ShippedProgram, shippedProgram } from './shipped-program.ts'

/** Which executable is wanted. */
export interface CachedBuildOptions {
  /** @default 'muster-agent' */
  readonly name?: ShippedProgram['name']
  /** What `--version` is to tell, without spaces. @default the version in the manifest, without a commit */
  readonly version?: string
}

/** An executable of the sources as they are. It is shared: copy it, and leave it as it is. */
export interface CachedBuild {
  readonly file: string
  /** Its bill of materials. */
  readonly sbom: string
  /** What it was made of, as hex: another digest is another executable. Good as part of the key of another cache. */
  readonly digest: string
}

const ROOT = join(import.meta.dirname, '../..')
/** Where finished executables are kept, below their digests. */
export const BUILD_CACHE = join(ROOT, '.cache/executables')

/**
 * The executable of a program for the sources as they are now, from the cache, or built when it is not there: about ten
 * seconds of a processor. Of several callers at once, in any process, one builds and the others wait for it.
 *
 * @throws {BuildError} when it cannot be built; the builder's own words were printed
 */
export async function cachedBuild({ name = 'muster-agent', version }: CachedBuildOptions = {}): Promise<CachedBuild> {
  const program = shippedProgram(name)
  const work = mkdtempSync(join(tmpdir(), 'muster-digest-'))
  try {
    const { digest } = await bundleWithDigest(program, { folder: work, version })
    const ready = takeCached(program, digest)
    if (ready !== undefined) return ready
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
  return buildUnderLock(program, version)
}

/** Bundles a program and says what its executable will be made of. */
export async function bundleWithDigest(
  program: ShippedProgram,
  { folder, version }: { readonly folder: string; readonly version: string | undefined },
): Promise<{ readonly bundle: Bundle; readonly outfile: string; readonly digest: string }> {
  const outfile = join(folder, `${program.name}.cjs`)
  const bundle = await bundleProgram({ root: ROOT, program, outfile, commit: undefined, version })
  return { bundle, outfile, digest: digestOfProgram({ root: ROOT, program, main: outfile, parts: bundle.parts }) }
}

/** The finished executable of a digest, noted as used now; undefined when there is none. */
export function takeCached({ name }: ShippedProgram, digest: string): CachedBuild | undefined {
  const file = join(BUILD_CACHE, digest, name)
  if (!existsSync(file)) return undefined
  const now = systemClock.now() / 1000
  utimesSync(dirname(file), now, now)
  return { file, sbom: `${file}.cdx.json`, digest }
}

/** The builder finds the digest itself: the sources may change while it waits for its turn. */
async function buildUnderLock(program: ShippedProgram, version: string | undefined): Promise<CachedBuild> {
  mkdirSync(BUILD_CACHE, { recursive: true })
  const builder = join(import.meta.dirname, 'build-cached.ts')
  const command = [process.execPath, builder, program.name, ...(version === undefined ? [] : [version])]
  const child = spawn('flock', [join(BUILD_CACHE, 'lock'), ...command], { stdio: ['ignore', 'pipe', 'inherit'] })
  let folder = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    folder += text
  })
  const code = await new Promise<number>((resolve, reject) =>
    child.on('error', reject).on('close', (status) => resolve(status ?? 1)),
  )
  const built = code === 0 ? takeCached(program, basename(folder.trim())) : undefined
  if (built !== undefined) return built
  throw new BuildError(`${program.name} could not be built`, 'See what the builder printed above.')
}
