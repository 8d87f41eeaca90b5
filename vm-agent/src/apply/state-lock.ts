import { spawn } from 'node:child_process'
import { type FileHandle, mkdir, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ApplyError, fileFault, systemCodeOf } from './apply-error.ts'

/** Who holds the lock, as written into it. */
export interface LockHolder {
  readonly pid: number
  /** When the process started, in ticks since boot: tells a holder from a later process with its number. */
  readonly startTicks: string
  readonly command: string
  /** Epoch milliseconds. */
  readonly since: number
}

/** A held lock. */
export interface StateLock {
  release(): Promise<void>
}

/** How to take a lock. */
export interface StateLockOptions {
  /** Name of its file in the state directory. */
  readonly file: string
  readonly waitSeconds: number
  /** What the holder does, for whoever comes second. */
  readonly command: string
  /** Epoch milliseconds. */
  readonly now: number
  /** Search path for `flock`. */
  readonly path: string
  /** Told once when somebody else holds it and this process waits. */
  readonly onWait?: ((holder: string) => void) | undefined
  readonly signal?: AbortSignal | undefined
  /** The error of this lock when somebody else keeps it. */
  readonly heldBy: (holder: string) => Error
}

/**
 * Takes a lock of a state directory. The kernel holds it (flock(2), by the distribution's `flock` program on a file
 * handle of this process), so it ends with this process however that ends, and a lock of a dead one is free at once;
 * the file's content only tells who has it.
 *
 * @throws what `heldBy` makes; {ApplyError} not-permitted, disk-full, write-failed; the signal's reason
 */
export async function takeStateLock(stateDirectory: string, options: StateLockOptions): Promise<StateLock> {
  const path = join(stateDirectory, options.file)
  const file = await openLock(stateDirectory, path)
  try {
    if (!(await flock(file, 0, options))) {
      const holder = describeHolder(await readHolder(path))
      if (options.waitSeconds > 0) options.onWait?.(holder)
      if (options.waitSeconds <= 0 || !(await flock(file, options.waitSeconds, options))) throw options.heldBy(holder)
    }
    await writeHolder(file, options).catch((error: unknown) => {
      throw fileFault(error, path, 'written')
    })
  } catch (error) {
    await file.close()
    throw error
  }
  return {
    async release() {
      await file.truncate(0).catch(() => undefined)
      await file.close()
    },
  }
}

/** Who holds the lock now, or undefined when nobody does: a dead holder does not count. Reads only. */
export async function readHolder(path: string): Promise<LockHolder | undefined> {
  try {
    const value = JSON.parse(await readFile(path, 'utf8')) as LockHolder
    return (await startTicksOf(value.pid)) === value.startTicks ? value : undefined
  } catch {
    return undefined
  }
}

/** A holder in words. */
export function describeHolder(holder: LockHolder | undefined): string {
  return holder === undefined ? 'another process' : `process ${holder.pid} (${holder.command})`
}

async function openLock(stateDirectory: string, path: string): Promise<FileHandle> {
  try {
    await mkdir(stateDirectory, { recursive: true, mode: 0o700 })
    return await open(path, 'a+', 0o600)
  } catch (error) {
    throw fileFault(error, path, 'opened')
  }
}

async function writeHolder(file: FileHandle, options: StateLockOptions): Promise<void> {
  const startTicks = (await startTicksOf(process.pid)) ?? ''
  const holder: LockHolder = { pid: process.pid, startTicks, command: options.command, since: options.now }
  await file.truncate(0)
  await file.appendFile(`${JSON.stringify(holder)}\n`)
}

/** Field 22 of /proc/PID/stat; the name in field 2 may hold spaces and parentheses. */
async function startTicksOf(pid: number): Promise<string | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19]
  } catch (error) {
    if (systemCodeOf(error) === undefined) throw error
    return undefined
  }
}

/** Whether the lock was taken within `seconds`. */
function flock(file: FileHandle, seconds: number, options: StateLockOptions): Promise<boolean> {
  const wait = seconds > 0 ? ['-w', String(seconds)] : ['-n']
  return new Promise((resolve, reject) => {
    const child = spawn('flock', [...wait, '3'], {
      env: { PATH: options.path },
      stdio: ['ignore', 'ignore', 'ignore', file.fd],
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    })
    child.once('error', (cause) => reject(options.signal?.aborted === true ? options.signal.reason : noFlock(cause)))
    child.once('exit', (code) => {
      if (code === 0) resolve(true)
      else if (code === 1) resolve(false)
      else if (code !== null) reject(noFlock(undefined))
    })
  })
}

function noFlock(cause: unknown): ApplyError {
  return new ApplyError('write-failed', 'the lock cannot be taken: the program flock does not work here', {
    cause,
    hint: 'Install util-linux (flock) on this machine.',
  })
}
