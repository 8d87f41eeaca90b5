import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  type Stats,
} from 'node:fs'
import { ApplyError, fileFault, systemCodeOf } from './apply-error.ts'
import { type Entry, nameOf, type TreeReader } from './entry.ts'

/** A handle that allows nothing but to stand in a directory: works without read permission (open(2), O_PATH). */
const O_PATH = 0o10000000
const MODE_BITS = 0o7777
const MISSING = new Set(['ENOENT', 'ENOTDIR'])

/**
 * Runs `use` with a path of this machine that names the canonical `path` of the tree below `root`.
 *
 * Every directory on the way is opened in turn without following links, and the given path goes through the last
 * handle: so a directory that somebody replaces by a link in this moment cannot lead out of the tree.
 *
 * @throws what the system calls throw; ENOENT or ENOTDIR when the parent does not exist (as a directory)
 */
export async function withHostPath<T>(
  root: string,
  path: string,
  use: (hostPath: string) => T | Promise<T>,
): Promise<T> {
  const handle = openParent(root, path)
  try {
    return await use(`/proc/self/fd/${handle}/${path === '/' ? '.' : nameOf(path)}`)
  } finally {
    closeSync(handle)
  }
}

function openParent(root: string, path: string): number {
  const names = path.split('/').filter((name) => name !== '')
  let handle = openSync(root, O_PATH | constants.O_DIRECTORY)
  for (const name of names.slice(0, -1)) {
    const parent = handle
    try {
      handle = openSync(`/proc/self/fd/${parent}/${name}`, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW)
    } finally {
      closeSync(parent)
    }
  }
  return handle
}

/** Reads the tree below `root`, a directory of this machine. */
export function createDiskTree(root: string): TreeReader {
  return {
    async entry(path) {
      try {
        return await withHostPath(root, path, readEntry)
      } catch (error) {
        if (MISSING.has(systemCodeOf(error) ?? '')) return undefined
        throw fileFault(error, path, 'looked at')
      }
    },
    async content(path, limit) {
      try {
        return await withHostPath(root, path, (hostPath) => readBounded(hostPath, path, limit))
      } catch (error) {
        throw fileFault(error, path, 'read')
      }
    },
    async names(path) {
      try {
        return await withHostPath(root, path, (hostPath) => readdirSync(hostPath).sort())
      } catch (error) {
        if (MISSING.has(systemCodeOf(error) ?? '')) return []
        throw fileFault(error, path, 'listed')
      }
    },
  }
}

/** What is at a path of this machine. @throws what lstat throws */
export function readEntry(hostPath: string): Entry {
  const stats = lstatSync(hostPath)
  const owner = { uid: stats.uid, gid: stats.gid }
  if (stats.isSymbolicLink()) return { type: 'link', target: readlinkSync(hostPath), ...owner }
  return { ...typeAndTime(stats), ...owner }
}

function typeAndTime(stats: Stats) {
  const mode = stats.mode & MODE_BITS
  if (stats.isFile()) return { type: 'file', mode, size: stats.size, mtimeMs: stats.mtimeMs } as const
  if (stats.isDirectory()) return { type: 'directory', mode, mtimeMs: stats.mtimeMs } as const
  return { type: 'other', mode } as const
}

function readBounded(hostPath: string, path: string, limit: number): Uint8Array {
  // Without O_NONBLOCK a pipe in the place of the file would wait for a writer for ever.
  const file = openSync(hostPath, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const stats = fstatSync(file)
    if (!stats.isFile()) {
      throw new ApplyError('wrong-type', `${path} is not a regular file`, {
        hint: `Remove ${path} on the machine, or let the context name another path.`,
        details: { path },
      })
    }
    if (stats.size > limit) {
      throw new ApplyError('too-large', `${path} has ${stats.size} bytes, more than the ${limit} that are read`, {
        hint: `Make ${path} smaller on the machine.`,
        details: { path },
      })
    }
    return new Uint8Array(readFileSync(file))
  } finally {
    closeSync(file)
  }
}
