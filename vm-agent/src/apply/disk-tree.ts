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
import { withHostPath } from '@muster/runtime/tree/host-path.ts'
import { ApplyError, fileFault, systemCodeOf } from './apply-error.ts'
import type { Entry, TreeReader } from './entry.ts'

const MODE_BITS = 0o7777
const MISSING = new Set(['ENOENT', 'ENOTDIR'])

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
