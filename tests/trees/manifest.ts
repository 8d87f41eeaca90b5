import { createHash } from 'node:crypto'
import { type Dirent, lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from 'node:fs'
import { join } from 'node:path'

/** A tree as one line for each entry, by path from the tree's root: what "byte for byte" is compared with. */
export type Manifest = ReadonlyMap<string, string>

/** Folder of the agent's own state on a machine; its journal and reports are no part of the result. */
export const AGENT_STATE = '/var/lib/muster'

/** Folder where the agent keeps what lives until the next boot. */
export const AGENT_RUN = '/run/muster'

/**
 * Reads type, permission bits, owner, size, SHA-256 and link target of everything below a root. Times are left out: a
 * file that was put back is younger, and nothing reads its age.
 */
export function readManifest(root: string, except: readonly string[] = [AGENT_STATE, AGENT_RUN]): Manifest {
  const manifest = new Map<string, string>()
  const walk = (path: string) => {
    for (const entry of readdirSync(join(root, path), { withFileTypes: true })) {
      const child = `${path === '/' ? '' : path}/${entry.name}`
      if (except.includes(child)) continue
      manifest.set(child, describe(entry, lstatSync(join(root, child)), join(root, child)))
      if (entry.isDirectory()) walk(child)
    }
  }
  walk('/')
  return manifest
}

function describe(entry: Dirent, stats: Stats, path: string): string {
  const mode = (stats.mode & 0o7777).toString(8).padStart(4, '0')
  const head = `${mode} ${stats.uid}:${stats.gid}`
  if (entry.isSymbolicLink()) return `link ${head} -> ${readlinkSync(path)}`
  if (entry.isDirectory()) return `directory ${head}`
  if (!entry.isFile()) return `special ${head} ${stats.rdev}`
  return `file ${head} ${stats.size} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`
}

/** What differs, one line each: `+` only after, `-` only before, `~` changed; empty when the trees are equal. */
export function compareManifests(before: Manifest, after: Manifest): readonly string[] {
  const lines: string[] = []
  for (const [path, entry] of before) {
    const now = after.get(path)
    if (now === undefined) lines.push(`- ${path} (${entry})`)
    else if (now !== entry) lines.push(`~ ${path} (${entry} => ${now})`)
  }
  for (const [path, entry] of after) if (!before.has(path)) lines.push(`+ ${path} (${entry})`)
  return lines.sort()
}
