import { createHash, type Hash } from 'node:crypto'
import { createReadStream, readdirSync, readFileSync } from 'node:fs'
import { withHostPath } from '@muster/runtime/tree/host-path.ts'
import { systemCodeOf } from './apply-error.ts'
import { readEntry } from './disk-tree.ts'
import type { Entry } from './entry.ts'

/** Content up to this size is read at once. */
const MAX_READ_BYTES = 1024 * 1024
/** Content above this size is told apart by size and time instead of a hash, so that a swap file costs nothing. */
const MAX_HASHED_BYTES = 64 * 1024 * 1024

/**
 * What is at a path of the tree, as a short text that differs when type, mode, owner or content do: by it `rollback`
 * sees that somebody else has changed the path since. A directory's content counts only when `isRecursive`.
 */
export async function fingerprint(root: string, path: string, isRecursive: boolean): Promise<string> {
  try {
    return await withHostPath(root, path, async (hostPath) => {
      if (!isRecursive) return fingerprintOne(hostPath)
      const hash = createHash('sha256')
      listInto(hash, hostPath)
      return `tree ${hash.digest('hex')}`
    })
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCodeOf(error) ?? '')) return 'none'
    throw error
  }
}

async function fingerprintOne(hostPath: string): Promise<string> {
  const entry = readEntry(hostPath)
  if (entry.type !== 'file') return attributesOf(entry)
  if (entry.size > MAX_HASHED_BYTES) return `${attributesOf(entry)} ${entry.mtimeMs}`
  const hash = createHash('sha256')
  try {
    if (entry.size <= MAX_READ_BYTES) hash.update(readFileSync(hostPath))
    else for await (const chunk of createReadStream(hostPath)) hash.update(chunk as Uint8Array)
  } catch (error) {
    // A file that may be replaced but not read: size and time must do.
    if (systemCodeOf(error) !== 'EACCES') throw error
    return `${attributesOf(entry)} ${entry.mtimeMs}`
  }
  return `${attributesOf(entry)} ${hash.digest('hex')}`
}

function attributesOf(entry: Entry): string {
  const owner = `${entry.uid}:${entry.gid}`
  switch (entry.type) {
    case 'link':
      return `link ${owner} ${entry.target}`
    case 'file':
      return `file ${entry.mode.toString(8)} ${owner} ${entry.size}`
    default:
      return `${entry.type} ${entry.mode.toString(8)} ${owner}`
  }
}

function listInto(hash: Hash, hostPath: string): void {
  const entry = readEntry(hostPath)
  hash.update(`${attributesOf(entry)} ${entry.type === 'file' ? entry.mtimeMs : ''}\n`)
  if (entry.type !== 'directory') return
  for (const name of readdirSync(hostPath).sort()) {
    hash.update(`${name}\n`)
    listInto(hash, `${hostPath}/${name}`)
  }
}
