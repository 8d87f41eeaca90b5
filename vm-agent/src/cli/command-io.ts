import type { ExitCode } from '@muster/runtime/exit.ts'

/** Streams and facts of the process, brought by the entry file. */
export interface CommandIo {
  readonly input: NodeJS.ReadStream
  readonly output: NodeJS.WriteStream
  readonly errors: NodeJS.WriteStream
  /** Ends what runs when the person or the system asks for it. */
  readonly signal: AbortSignal
  /** Keeps the exit code of the process. */
  setExitCode(code: ExitCode): void
}

/** Writes a line to standard output. */
export function print(io: CommandIo, line: string): void {
  io.output.write(`${line}\n`)
}

/** Writes a value as JSON to standard output: stable output for programs. */
export function printJson(io: CommandIo, value: unknown): void {
  io.output.write(`${JSON.stringify(value, undefined, 2)}\n`)
}

/** Writes a line to standard error. */
export function warn(io: CommandIo, line: string): void {
  io.errors.write(`${line}\n`)
}
