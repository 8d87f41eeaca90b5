import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Most entries of one kind that are kept; the least recently used go first. */
const KEPT_ENTRIES = 3
/** However lately they were used: the disk is not ours. */
const MAX_ENTRIES = 8
/** An entry younger than this in its last use may be in use: a test run may stand on it. */
const SURELY_UNUSED_MS = 3_600_000

/** Kinds of entries: the Debian tree, the agent as a layer on it, a disk made of both. */
export type EntryKind = 'base' | 'agent' | 'disk'

/** Folder of the images; `environment` is that of the process. */
export function imageCacheFolder(environment: Readonly<Record<string, string | undefined>>): string {
  const cache = environment['XDG_CACHE_HOME']
  return join(cache === undefined || cache === '' ? join(homedir(), '.cache') : cache, 'muster', 'images')
}

/**
 * Path of a finished entry; makes it when there is none. An entry gets its name only when it is complete, so an
 * interrupted build leaves nothing that looks like one. The caller holds the lock of the cache.
 *
 * @param make - fills an empty folder
 */
export async function cachedEntry(
  cache: string,
  kind: EntryKind,
  digest: string,
  make: (draft: string) => Promise<void>,
): Promise<string> {
  const path = join(cache, `${kind}-${digest}`)
  if (!existsSync(path)) {
    mkdirSync(cache, { recursive: true })
    sweep(cache, kind)
    const draft = mkdtempSync(join(cache, `draft-${kind}-`))
    try {
      await make(draft)
      renameSync(draft, path)
    } finally {
      rmSync(draft, { recursive: true, force: true })
    }
  }
  const now = new Date()
  utimesSync(path, now, now)
  return path
}

/** Makes room for one more of a kind, and removes what builders that were killed have left. */
function sweep(cache: string, kind: EntryKind): void {
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
