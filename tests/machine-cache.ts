import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Most entries of one kind that are kept; the least recently used go first. */
const KEPT_ENTRIES = 3
/** However lately they were used: the disk is not ours. */
const MAX_ENTRIES = 8
/** An entry younger than this in its last use may be in use: a test run may stand on it. */
const SURELY_UNUSED_MS = 3_600_000

/** What an entry is, and of what it is made: another digest is another entry. */
export interface EntryName {
  /** A word of letters and dashes; of each kind some entries are kept. */
  readonly kind: string
  readonly digest: string
}

/**
 * Folder of what takes minutes to build and is the same for all checkouts on this machine: they share it.
 *
 * @param environment - that of the process
 */
export function cacheFolder(
  environment: Readonly<Record<string, string | undefined>>,
  part: 'images' | 'trees',
): string {
  const cache = environment['XDG_CACHE_HOME']
  return join(cache === undefined || cache === '' ? join(homedir(), '.cache') : cache, 'muster', part)
}

/** Path of a finished entry, noted as used now; undefined when there is none. Needs no lock. */
export function takeEntry(cache: string, { kind, digest }: EntryName): string | undefined {
  const path = join(cache, `${kind}-${digest}`)
  if (!existsSync(path)) return undefined
  const now = new Date()
  utimesSync(path, now, now)
  return path
}

/**
 * Path of a finished entry; makes it when there is none. An entry gets its name only when it is complete, so an
 * interrupted build leaves nothing that looks like one. The caller holds the lock of the cache.
 *
 * @param make - fills an empty folder
 */
export async function cachedEntry(
  cache: string,
  name: EntryName,
  make: (draft: string) => Promise<void>,
): Promise<string> {
  const ready = takeEntry(cache, name)
  if (ready !== undefined) return ready
  mkdirSync(cache, { recursive: true })
  sweep(cache, name.kind)
  const draft = mkdtempSync(join(cache, `draft-${name.kind}-`))
  try {
    await make(draft)
    const path = join(cache, `${name.kind}-${name.digest}`)
    renameSync(draft, path)
    return path
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

/** Makes room for one more of a kind, and removes what builders that were killed have left. */
function sweep(cache: string, kind: string): void {
  const entries = readdirSync(cache)
  for (const name of entries) {
    if (name.startsWith('draft-')) rmSync(join(cache, name), { recursive: true, force: true })
  }
  const old = entries
    .filter((name) => name.startsWith(`${kind}-`))
    .map((name) => ({ name, usedAt: statSync(join(cache, name)).mtimeMs }))
    .sort((one, other) => other.usedAt - one.usedAt)
    .filter(
      ({ usedAt }, place) => place >= MAX_ENTRIES || (place >= KEPT_ENTRIES && Date.now() - usedAt > SURELY_UNUSED_MS),
    )
  for (const { name } of old) rmSync(join(cache, name), { recursive: true, force: true })
}
