import { chmod, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { removeFile, replaceFile, syncDirectory } from '@muster/runtime/durable-file.ts'
import { systemCode } from '../identity/agent-error.ts'
import { UpdateError } from './update-error.ts'

/** Name of the folder in the state directory; the launcher has it as a path. */
export const VERSIONS = 'versions'
/** Folder for files that are on their way. */
export const DOWNLOADS = 'download'
/** How often the launcher starts a version that nobody confirms. */
export const TRIAL_STARTS = 3
const PROGRAM = 'muster-agent'
/** As the launcher takes it. */
const FOLDER = /^[0-9A-Za-z+-][0-9A-Za-z.+-]*$/
const TRIAL = /^trial\.\d$/
/** A name and an end of line. */
const MAX_POINTER_BYTES = 300

/** What the launcher goes by. Each names a folder, whether or not it is there; a trial that names none has ''. */
export interface Pointers {
  readonly current: string | undefined
  readonly previous: string | undefined
  readonly trial: { readonly folder: string; readonly startsLeft: number } | undefined
}

/** The installed versions below the state directory. Each step is whole or not there, whenever the machine stops. */
export interface VersionStore {
  readonly path: string
  /** Where a download is kept. */
  downloadOf(sha256: string): string
  programOf(folder: string): string
  isInstalled(folder: string): Promise<boolean>
  pointers(): Promise<Pointers>
  /** Makes a checked download the version `folder`. */
  install(sha256: string, folder: string): Promise<void>
  /** Has the launcher start the version at the next start, {@link TRIAL_STARTS} times. */
  beginTrial(folder: string): Promise<void>
  /** The version on trial is the one from now on; the one that was stays as the previous. */
  confirm(folder: string): Promise<void>
  endTrial(): Promise<void>
  /** Points at no version but the one of the image. */
  forgetCurrent(): Promise<void>
  /** Removes all versions and downloads but these. */
  tidy(keep: { readonly folders: readonly string[]; readonly download: string | undefined }): Promise<void>
}

/** What a store stands on. */
export interface VersionStoreOptions {
  /** Called before each step that changes the disk. For tests. */
  readonly onStep?: (step: string) => void
}

/** @throws {UpdateError} disk-full, state - from all that it does */
export function createVersionStore(stateDir: string, options: VersionStoreOptions = {}): VersionStore {
  const path = join(stateDir, VERSIONS)
  const at = (name: string) => join(path, name)
  const programOf = (folder: string) => join(path, folder, PROGRAM)
  const step = (name: string) => options.onStep?.(name)
  const guard = <T>(work: () => Promise<T>) => guarded(path, work)

  async function point(name: string, folder: string): Promise<void> {
    step(`write ${name}`)
    await replaceFile(at(name), `${folder}\n`)
  }

  async function read(name: string): Promise<string | undefined> {
    try {
      if ((await stat(at(name))).size > MAX_POINTER_BYTES) return undefined
      const folder = (await readFile(at(name), 'utf8')).trim()
      return FOLDER.test(folder) ? folder : undefined
    } catch {
      // As for the launcher: what cannot be read points nowhere.
      return undefined
    }
  }

  async function removeTrials(): Promise<void> {
    for (const name of await namesIn(path)) {
      if (!TRIAL.test(name)) continue
      step(`remove ${name}`)
      await rm(at(name), { recursive: true, force: true })
    }
    await syncDirectory(path)
  }

  async function pointers(): Promise<Pointers> {
    const trials = (await namesIn(path)).filter((name) => TRIAL.test(name))
    // Of several the launcher takes the one with most starts left.
    const trial = trials.sort().at(-1)
    const onTrial = trial === undefined ? undefined : ((await read(trial)) ?? '')
    return {
      current: await read('current'),
      previous: await read('previous'),
      trial: onTrial === undefined ? undefined : { folder: onTrial, startsLeft: Number(trial?.at(-1)) },
    }
  }

  return {
    path,
    downloadOf: (sha256) => join(path, DOWNLOADS, sha256),
    programOf,
    isInstalled: (folder) => isFile(programOf(folder)),
    pointers: () => guard(pointers),
    install: (sha256, folder) =>
      guard(async () => {
        const fresh = at(`${folder}.new`)
        step('make folder')
        await rm(fresh, { recursive: true, force: true })
        await mkdir(fresh, { mode: 0o700 })
        step('move download')
        await rename(join(path, DOWNLOADS, sha256), join(fresh, PROGRAM))
        step('seal program')
        // Root alone runs it, since the folders above are closed to others anyway.
        await chmod(join(fresh, PROGRAM), 0o700)
        await syncFile(join(fresh, PROGRAM))
        await syncDirectory(fresh)
        step('move folder')
        await rm(at(folder), { recursive: true, force: true })
        await rename(fresh, at(folder))
        await syncDirectory(path)
      }),
    beginTrial: (folder) =>
      guard(async () => {
        await removeTrials()
        await point(`trial.${TRIAL_STARTS}`, folder)
      }),
    confirm: (folder) =>
      guard(async () => {
        const { current } = await pointers()
        if (current !== undefined && current !== folder) await point('previous', current)
        await point('current', folder)
        await removeTrials()
      }),
    endTrial: () => guard(removeTrials),
    forgetCurrent: () =>
      guard(async () => {
        step('remove current')
        await removeFile(at('current'))
      }),
    tidy: ({ folders, download }) =>
      guard(async () => {
        for (const name of await namesIn(path)) {
          const isFolder = (await stat(at(name))).isDirectory()
          if (!isFolder || name === DOWNLOADS || folders.includes(name)) continue
          step(`remove ${name}`)
          await rm(at(name), { recursive: true, force: true })
        }
        for (const name of await namesIn(at(DOWNLOADS))) {
          if (name !== download) await rm(join(at(DOWNLOADS), name), { recursive: true, force: true })
        }
      }),
  }
}

/** Turns failures of the disk into errors that say what to do. */
export async function guarded<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    const code = systemCode(cause)
    if (code === undefined || cause instanceof UpdateError) throw cause
    if (code === 'ENOSPC' || code === 'EDQUOT') {
      const hint = `Free some space below ${path}; it is tried again by itself.`
      throw new UpdateError('disk-full', `there is no room for a new version in ${path}`, { cause, hint })
    }
    throw new UpdateError('state', `${path} cannot be used (${code})`, {
      cause,
      hint: 'Look at the rights and the file system of the state directory.',
    })
  }
}

async function namesIn(path: string): Promise<readonly string[]> {
  try {
    return await readdir(path)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    throw error
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    const found = await stat(path)
    return found.isFile() && found.size > 0
  } catch {
    return false
  }
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
