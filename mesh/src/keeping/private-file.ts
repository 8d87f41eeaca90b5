import { constants, type Stats } from 'node:fs'
import { chmod, lstat, mkdir, open } from 'node:fs/promises'
import { createFile, removeFile, replaceFile } from '@muster/runtime/durable-file.ts'
import { damaged, KeepingError, systemCode, unsafe, unusable } from './keeping-error.ts'

const OTHERS = 0o077

/**
 * Makes a folder that only its owner may enter, or takes the access of others away. The folders above it are as they
 * are.
 *
 * @throws {KeepingError} unsafe - a link, or somebody else's; unusable
 */
export async function openPrivateFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
    const stats = await lstat(path)
    if (!stats.isDirectory()) throw unsafe(path, 'it is not a folder')
    assertOwned(path, stats)
    if ((stats.mode & OTHERS) !== 0) await chmod(path, 0o700)
  } catch (cause) {
    if (cause instanceof KeepingError) throw cause
    throw unusable(path, 'used', cause)
  }
}

/**
 * Content of a file that only its owner may read, undefined when there is none. A link is not followed; access of others
 * is taken away.
 *
 * @throws {KeepingError} unsafe - a link, no plain file or somebody else's; damaged - above `maxBytes`; unusable
 */
export async function readPrivateFile(path: string, maxBytes: number): Promise<Uint8Array | undefined> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      const stats = await file.stat()
      if (!stats.isFile()) throw unsafe(path, 'it is not a plain file')
      assertOwned(path, stats)
      if (stats.size > maxBytes) {
        throw damaged(path, `it has ${stats.size} bytes`, `Look at ${path}; nothing of this size was written there.`)
      }
      if ((stats.mode & OTHERS) !== 0) await file.chmod(0o600)
      return await file.readFile()
    } finally {
      await file.close()
    }
  } catch (cause) {
    if (cause instanceof KeepingError) throw cause
    const code = systemCode(cause)
    if (code === 'ENOENT') return undefined
    if (code === 'ELOOP') throw unsafe(path, 'it is a link')
    throw unusable(path, 'read', cause)
  }
}

/** Replaces a file, mode 0600, durably and whole. @throws {KeepingError} unusable */
export async function writePrivateFile(path: string, content: string): Promise<void> {
  await asKeeping(path, 'written', () => replaceFile(path, content))
}

/** Creates a file, durably and whole; false when there is one already. @throws {KeepingError} unusable */
export async function createPrivateFile(path: string, content: string): Promise<boolean> {
  try {
    await createFile(path, content)
    return true
  } catch (cause) {
    if (systemCode(cause) === 'EEXIST') return false
    throw unusable(path, 'written', cause)
  }
}

/** Removes a file for good; a missing one is fine. @throws {KeepingError} unusable */
export async function removePrivateFile(path: string): Promise<void> {
  await asKeeping(path, 'removed', () => removeFile(path))
}

/** Does something with a file. @throws {KeepingError} unusable - in place of the error of the system */
export async function asKeeping<T>(path: string, verb: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (cause) {
    if (cause instanceof KeepingError) throw cause
    throw unusable(path, verb, cause)
  }
}

function assertOwned(path: string, stats: Stats): void {
  const user = process.getuid?.()
  if (user !== undefined && stats.uid !== user) throw unsafe(path, `it belongs to user ${stats.uid}`)
}
