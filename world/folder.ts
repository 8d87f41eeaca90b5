import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { WorldError } from './world-error.ts'

/** Where a world lives. */
export interface WorldFolder {
  readonly path: string
  /** Removes it, if it is temporary. */
  dispose(): Promise<void>
}

/**
 * Makes the folder of a world, private to its user.
 *
 * @param wanted - a folder to keep, relative to `base`; it must be new or empty
 * @throws {WorldError} usage - it holds something already
 */
export async function makeWorldFolder(wanted: string | undefined, base: string): Promise<WorldFolder> {
  if (wanted === undefined) {
    const path = await mkdtemp(join(tmpdir(), 'muster-world-'))
    return { path, dispose: () => rm(path, { recursive: true, force: true }) }
  }
  const path = resolve(base, wanted)
  await mkdir(path, { recursive: true, mode: 0o700 })
  if ((await readdir(path)).length > 0) {
    throw new WorldError('usage', `${path} is not empty`, { hint: 'Name a new folder, or leave out --data.' })
  }
  return { path, dispose: async () => undefined }
}
