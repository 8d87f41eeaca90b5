import { open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileFault, systemCodeOf } from './apply-error.ts'
import { syncPath } from './journal.ts'

/** Files that the executor keeps are small; a larger one is not ours. */
const MAX_BYTES = 4 * 1024 * 1024

/** The text of a file of the state directory, or null when there is none. @throws {ApplyError} */
export async function readStateText(path: string): Promise<string | null> {
  try {
    if ((await stat(path)).size > MAX_BYTES) return null
    return await readFile(path, 'utf8')
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return null
    throw fileFault(error, path, 'read')
  }
}

/** Replaces a file of the state directory (0600) durably, or removes it for `null`. @throws {ApplyError} */
export async function writeStateText(path: string, text: string | null): Promise<void> {
  const temporary = `${path}.new`
  try {
    if (text === null) {
      await rm(path, { force: true })
    } else {
      await rm(temporary, { force: true })
      const file = await open(temporary, 'wx', 0o600)
      try {
        await file.writeFile(text)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(temporary, path)
    }
    await syncPath(dirname(path))
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined)
    throw fileFault(error, path, 'written')
  }
}
