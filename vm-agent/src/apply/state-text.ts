import { closeSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileFault, systemCodeOf } from './apply-error.ts'
import { syncFile, syncPath } from './durable.ts'

/** Files that the executor keeps are small; a larger one is not ours. */
const MAX_BYTES = 4 * 1024 * 1024

/** The text of a file of the state directory, or null when there is none. @throws {ApplyError} */
export async function readStateText(path: string): Promise<string | null> {
  try {
    if (statSync(path).size > MAX_BYTES) return null
    return readFileSync(path, 'utf8')
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
      rmSync(path, { force: true })
    } else {
      rmSync(temporary, { force: true })
      const file = openSync(temporary, 'wx', 0o600)
      try {
        writeFileSync(file, text)
        await syncFile(file)
      } finally {
        closeSync(file)
      }
      renameSync(temporary, path)
    }
    await syncPath(dirname(path))
  } catch (error) {
    removeIfPossible(temporary)
    throw fileFault(error, path, 'written')
  }
}

function removeIfPossible(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch {
    // The caller has the error that led here.
  }
}
