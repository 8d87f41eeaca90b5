import { constants, openSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { WriteStream } from 'node:tty'
import { type Clock, timeoutSignal } from '@muster/runtime/clock.ts'
import { AgentError, systemCode } from '../identity/agent-error.ts'
import type { ConsoleSize } from './view.ts'

/** Where a console is written. Writes are called one after the other. */
export interface ConsoleDevice {
  /** What to write at the end of a line. */
  readonly lineEnd: string
  size(): ConsoleSize
  /** @throws {AgentError} console-unusable */
  write(text: string, signal: AbortSignal): Promise<void>
}

/** The part of a standard stream that is used. */
export interface OutputStream {
  readonly columns?: number
  readonly rows?: number
  write(text: string, done: (error?: Error | null) => void): boolean
}

/** Size that serial lines have by custom, and that is assumed where none is told. */
const USUAL_SIZE = { columns: 80, rows: 24 } as const
/** How long a line with stopped flow control is waited for. */
const WRITE_LIMIT_MS = 2_000
const RETRY_MS = 20
const OPEN_FLAGS = constants.O_WRONLY | constants.O_NOCTTY | constants.O_NONBLOCK

/** Standard output as a console. */
export function createStreamDevice(stream: OutputStream, isUnicode: boolean): ConsoleDevice {
  return {
    lineEnd: '\n',
    size: () => ({
      columns: stream.columns || USUAL_SIZE.columns,
      rows: stream.rows || USUAL_SIZE.rows,
      isUnicode,
    }),
    write: (text) =>
      new Promise((resolve, reject) => {
        stream.write(text, (error) => (error ? reject(unusable('standard output', error)) : resolve()))
      }),
  }
}

/**
 * A console by its path (`/dev/tty1`, `/dev/ttyS0`, or a file). It is opened for each write and closed again: a getty
 * that starts on the line hangs up whoever has it open.
 */
export function createPathDevice(deps: { readonly clock: Clock }, path: string): ConsoleDevice {
  const isDevice = path.startsWith('/dev/')
  return {
    lineEnd: isDevice ? '\r\n' : '\n',
    size: () => ({ ...(isVirtualTerminal(path) ? sizeOf(path) : USUAL_SIZE), isUnicode: isVirtualTerminal(path) }),
    async write(text, signal) {
      const flags = OPEN_FLAGS | constants.O_APPEND | (isDevice ? 0 : constants.O_CREAT)
      try {
        const file = await open(path, flags, 0o600)
        try {
          await writeAll(deps.clock, file, Buffer.from(text), signal)
        } finally {
          await file.close()
        }
      } catch (cause) {
        signal.throwIfAborted()
        throw unusable(path, cause)
      }
    },
  }
}

/** Whether a path is a terminal of the machine's own screen, which can be redrawn; serial lines cannot. */
export function isVirtualTerminal(path: string): boolean {
  return /^\/dev\/(tty\d*|pts\/\d+)$/.test(path)
}

/** Writes without blocking a thread: a serial line whose other end stopped the flow would hold it for ever. */
async function writeAll(clock: Clock, file: FileHandle, bytes: Buffer, signal: AbortSignal): Promise<void> {
  const limit = timeoutSignal(clock, WRITE_LIMIT_MS, signal)
  try {
    for (let at = 0; at < bytes.length; ) {
      const written = await file.write(bytes, at).then(
        (result) => result.bytesWritten,
        (error: unknown) => {
          if (systemCode(error) === 'EAGAIN') return 0
          throw error
        },
      )
      if (written === 0) await clock.sleep(RETRY_MS, limit.signal)
      at += written
    }
  } finally {
    limit.cancel()
  }
}

function sizeOf(path: string): { readonly columns: number; readonly rows: number } {
  try {
    const terminal = new WriteStream(openSync(path, OPEN_FLAGS))
    const [columns, rows] = terminal.getWindowSize()
    terminal.destroy()
    return columns > 0 && rows > 0 ? { columns, rows } : USUAL_SIZE
  } catch {
    return USUAL_SIZE
  }
}

function unusable(name: string, cause: unknown): AgentError {
  const code = systemCode(cause)
  return new AgentError(
    'console-unusable',
    `The console ${name} cannot be written${code === undefined ? '' : ` (${code})`}`,
    {
      cause,
      hint: 'Give another one with --console, or --console none.',
      details: { path: name },
    },
  )
}
