import { type ChildProcess, spawn } from 'node:child_process'
import { type Clock, timeoutSignal } from '@muster/runtime/clock.ts'

/** How long a process group has to end after SIGTERM before SIGKILL. */
const GRACE_MS = 5_000
/** Output of a tool that is kept for its error message. */
const DEFAULT_OUTPUT_LIMIT = 64 * 1024

/** A program to run, without a shell. */
export interface ProgramRequest {
  readonly argv: readonly [string, ...string[]]
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>
  readonly clock: Clock
  readonly timeoutMs: number
  /** Written to standard input, which is then closed; secrets go here. */
  readonly input?: string
  readonly directory?: string
  /** Bytes of standard output and error kept, together; the rest is counted and dropped. @default 64 KiB */
  readonly outputLimit?: number
  /** Its abort ends the program as the time limit does. */
  readonly signal?: AbortSignal | undefined
}

/** How a program ended. */
export interface ProgramResult {
  /** Undefined when a signal ended it, or when it could not be started. */
  readonly exitCode: number | undefined
  readonly isTimedOut: boolean
  /** Why it could not be started, as the system's code (`ENOENT`). */
  readonly startError: string | undefined
  readonly output: Uint8Array
  readonly outputBytes: number
  readonly durationMs: number
}

/**
 * Runs a program in a session of its own. At its time limit (or abort) the whole process group gets SIGTERM, and
 * SIGKILL 5 s later; when this process exits, SIGKILL at once. Resolves when the program has ended and its output is closed, or, if something that it left
 * behind keeps the output open, soon after its end.
 */
export async function runProgram(request: ProgramRequest): Promise<ProgramResult> {
  const { clock } = request
  const startedAt = clock.monotonic()
  const [program, ...args] = request.argv
  const child = spawn(program, args, {
    env: { ...request.env },
    cwd: request.directory ?? '/',
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const collector = collectOutput(child, request.outputLimit ?? DEFAULT_OUTPUT_LIMIT)
  const deadline = timeoutSignal(clock, request.timeoutMs, request.signal)
  const stopping = new AbortController()
  const stop = () => void endGroup(child, clock, stopping.signal)
  deadline.signal.addEventListener('abort', stop, { once: true })
  if (deadline.signal.aborted) stop()
  // What is in the group but not the program itself would go on, beside whoever recovers the machine next.
  const onExit = () => killGroup(child, 'SIGKILL')
  process.once('exit', onExit)
  child.stdin.on('error', () => undefined)
  child.stdin.end(request.input ?? '')
  const end = await ended(child, clock)
  const isTimedOut = deadline.signal.aborted && request.signal?.aborted !== true
  deadline.cancel()
  stopping.abort()
  process.off('exit', onExit)
  deadline.signal.removeEventListener('abort', stop)
  return { ...end, isTimedOut, ...collector(), durationMs: Math.round(clock.monotonic() - startedAt) }
}

interface ProgramEnd {
  readonly exitCode: number | undefined
  readonly startError: string | undefined
}

/** How long output of something left behind is waited for after the program's end. */
const TAIL_MS = 500

function ended(child: ChildProcess, clock: Clock): Promise<ProgramEnd> {
  return new Promise((resolve) => {
    let end: ProgramEnd = { exitCode: undefined, startError: undefined }
    const closed = new AbortController()
    child.once('error', (error) => {
      const code = 'code' in error && typeof error.code === 'string' ? error.code : 'unknown'
      resolve({ exitCode: undefined, startError: code })
    })
    child.once('exit', (code) => {
      end = { exitCode: code ?? undefined, startError: undefined }
      clock.sleep(TAIL_MS, closed.signal).then(
        () => {
          child.stdout?.destroy()
          child.stderr?.destroy()
          resolve(end)
        },
        () => undefined,
      )
    })
    child.once('close', () => {
      closed.abort()
      resolve(end)
    })
  })
}

async function endGroup(child: ChildProcess, clock: Clock, stopped: AbortSignal): Promise<void> {
  killGroup(child, 'SIGTERM')
  try {
    await clock.sleep(GRACE_MS, stopped)
  } catch {
    // It has ended; what it left in its group ends too.
  }
  killGroup(child, 'SIGKILL')
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // The group has ended already.
  }
}

function collectOutput(child: ChildProcess, limit: number) {
  const chunks: Uint8Array[] = []
  let kept = 0
  let outputBytes = 0
  const take = (chunk: Uint8Array) => {
    outputBytes += chunk.byteLength
    if (kept >= limit) return
    const piece = chunk.subarray(0, limit - kept)
    chunks.push(piece)
    kept += piece.byteLength
  }
  child.stdout?.on('data', take)
  child.stderr?.on('data', take)
  return () => ({ output: new Uint8Array(Buffer.concat(chunks)), outputBytes })
}
