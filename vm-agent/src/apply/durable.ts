import { closeSync, fdatasync, fsync, openSync } from 'node:fs'
import { promisify } from 'node:util'

/*
 * Waiting for the disk is the slow part of an apply, and the only one that is not done at once: opening, writing and
 * closing small files takes less time than handing them to another thread.
 */

/** Makes content and attributes of an open file durable. */
export const syncFile: (file: number) => Promise<void> = promisify(fsync)

/** Makes content (and length) of an open file durable. */
export const syncContent: (file: number) => Promise<void> = promisify(fdatasync)

/** Makes what was written below a directory of this machine durable. */
export async function syncPath(path: string): Promise<void> {
  const file = openSync(path, 'r')
  try {
    await syncFile(file)
  } finally {
    closeSync(file)
  }
}
