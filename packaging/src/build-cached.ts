import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '@muster/runtime/clock.ts'
import { BuildError } from './build-error.ts'
import { finishProgram } from './build-program.ts'
import { BUILD_CACHE, bundleWithDigest, takeCached } from './cached-build.ts'
import { stripNode } from './executable.ts'
import { SHIPPED_PROGRAMS, type ShippedProgram } from './shipped-program.ts'

/**
 * Builds one executable into the cache unless it is there, and prints its folder: `flock LOCK node build-cached.ts NAME
 * [VERSION]`. Whoever runs it holds the lock; see {@link cachedBuild}. A folder gets its name only when all is in it.
 */
const KEPT = 6
/** One that was used so lately may be about to be copied. */
const IN_USE_MS = 3_600_000
/** However lately they were used: the disk is not ours. */
const KEPT_AT_MOST = 20
const DRAFT = 'draft-'

async function main([name, version]: readonly string[]): Promise<void> {
  const program = SHIPPED_PROGRAMS.find((candidate) => candidate.name === name)
  if (program === undefined)
    throw new BuildError(`${name} is not shipped`, 'Name one of packaging/src/shipped-program.ts.')
  mkdirSync(BUILD_CACHE, { recursive: true })
  removeOld(systemClock.now())
  const draft = mkdtempSync(join(BUILD_CACHE, DRAFT))
  try {
    process.stdout.write(`${join(BUILD_CACHE, await build(program, draft, version))}\n`)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

/** @returns the digest below which the executable stands */
async function build(program: ShippedProgram, draft: string, version: string | undefined): Promise<string> {
  const root = join(import.meta.dirname, '../..')
  const { bundle, outfile, digest } = await bundleWithDigest(program, { folder: draft, version })
  if (takeCached(program, digest) !== undefined) return digest
  process.stderr.write(`executables: building ${program.name} once, into .cache/executables\n`)
  const node = join(draft, 'node')
  stripNode(process.execPath, node)
  const out = join(draft, 'finished')
  await finishProgram({ root, out, epoch: 0 }, program, { bundle, outfile, node })
  renameSync(out, join(BUILD_CACHE, digest))
  return digest
}

/** Drafts are of builders that were killed, since only one builds at a time. */
function removeOld(now: number): void {
  const entries = readdirSync(BUILD_CACHE, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  const folders = entries.map(({ name }) => {
    const path = join(BUILD_CACHE, name)
    return { path, isDraft: name.startsWith(DRAFT), usedAt: statSync(path).mtimeMs }
  })
  const finished = folders.filter(({ isDraft }) => !isDraft).sort((a, b) => b.usedAt - a.usedAt)
  const old = finished.filter(
    ({ usedAt }, place) => place >= KEPT_AT_MOST || (place >= KEPT && now - usedAt > IN_USE_MS),
  )
  for (const { path } of [...folders.filter(({ isDraft }) => isDraft), ...old]) {
    rmSync(path, { recursive: true, force: true })
  }
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof BuildError)) throw error
  process.stderr.write(`${error.message}\n${error.hint}\n`)
  process.exitCode = BuildError.exitCode
}
