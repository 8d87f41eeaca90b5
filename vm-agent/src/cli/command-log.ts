import type { Log, LogFields } from '@muster/runtime/log.ts'
import { type CommandIo, warn } from './command-io.ts'

/** The log of a command that a person runs: what needs attention goes to standard error, the rest is in its report. */
export function createCommandLog(io: CommandIo): Log {
  const log: Log = {
    debug: () => undefined,
    info: () => undefined,
    warn: (fields, message) => warn(io, `warning${codeOf(fields)}: ${message}`),
    error: (fields, message) => warn(io, `error${codeOf(fields)}: ${message}`),
    child: () => log,
  }
  return log
}

/** Other fields are for programs, and stay out. */
function codeOf({ code }: LogFields): string {
  return typeof code === 'string' ? `[${code}]` : ''
}
