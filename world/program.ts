import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** A started part of Muster. */
export interface RunningProgram {
  readonly name: string
  readonly pid: number
  /** Resolves with the exit code when it has ended; null when a signal ended it. */
  readonly ended: Promise<number | null>
  hasEnded(): boolean
  /** Asks it to end, waits, and kills it (by its process id) when it does not. */
  stop(): Promise<void>
  /** Ends it at once, as a power cut would, and waits until it is gone. */
  kill(): Promise<void>
}

/** How a part is started. */
export interface ProgramOptions {
  readonly name: string
  readonly program: string
  readonly args: readonly string[]
  readonly onOutput: (line: string) => void
  readonly onError: (line: string) => void
}

/** How long a program may take to end before it is killed. */
const STOP_TIMEOUT_MS = 10_000

/** Starts a program and reads its output line by line. */
export function startProgram(options: ProgramOptions): RunningProgram {
  const child = spawn(options.program, options.args, { stdio: ['ignore', 'pipe', 'pipe'] })
  createInterface({ input: child.stdout }).on('line', options.onOutput)
  createInterface({ input: child.stderr }).on('line', options.onError)
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  ended.catch(() => undefined)
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined
  return {
    name: options.name,
    pid: child.pid ?? -1,
    ended,
    hasEnded,
    async stop() {
      if (hasEnded()) return
      child.kill('SIGTERM')
      await once(child, 'exit', { signal: AbortSignal.timeout(STOP_TIMEOUT_MS) }).catch(() => child.kill('SIGKILL'))
    },
    async kill() {
      if (!hasEnded()) child.kill('SIGKILL')
      await ended
    },
  }
}
