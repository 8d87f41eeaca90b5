import { randomUUID } from 'node:crypto'
import { link, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

const TEMPORARY = /^\.[0-9a-f-]{36}\.new$/

/**
 * Replaces a file by another with this content, mode 0600, so that after a crash either the old or the new one is there,
 * whole. The directory is made (0700) when it is missing.
 *
 * @throws the error of the system
 */
export async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  await writeBeside(path, content, (temporary) => rename(temporary, path))
}

/**
 * As `replaceFile`, but only where nothing is: of several who try at once, one succeeds.
 *
 * @throws the error of the system; EEXIST - something is there
 */
export async function createFile(path: string, content: string | Uint8Array): Promise<void> {
  await writeBeside(path, content, async (temporary) => {
    await link(temporary, path)
    await rm(temporary)
  })
}

/** Removes a file for good; a missing one is fine, and so is a missing directory. @throws the error of the system */
export async function removeFile(path: string): Promise<void> {
  try {
    await rm(path, { force: true })
    await syncDirectory(dirname(path))
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}

/** Removes what a crash has left of half written files in a directory. @throws the error of the system */
export async function clearTemporaryFiles(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (TEMPORARY.test(name)) await rm(join(directory, name), { force: true })
  }
}

/** Makes names in a directory durable. @throws the error of the system */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

async function writeBeside(
  path: string,
  content: string | Uint8Array,
  putInPlace: (temporary: string) => Promise<void>,
): Promise<void> {
  const directory = dirname(path)
  const temporary = join(directory, `.${randomUUID()}.new`)
  await mkdir(directory, { recursive: true, mode: 0o700 })
  try {
    await writeSynced(temporary, content)
    await putInPlace(temporary)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncDirectory(directory)
}

async function writeSynced(path: string, content: string | Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
