import { type DestinationStream, type Logger, pino } from 'pino'
import { isoTime } from './iso-time.ts'
import { humanStream } from './log-human.ts'
import { maskSecrets } from './log-secrets.ts'

/** Facts of one log line; secrets do not belong here, and known secret names are masked all the same. */
export type LogFields = Readonly<Record<string, unknown>>

/**
 * Structured log. Levels by who must act: `error` an operator now, `warn` an operator some day, `info` nobody (state
 * changes worth knowing), `debug` a developer.
 */
export interface Log {
  debug(fields: LogFields, message: string): void
  info(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  error(fields: LogFields, message: string): void
  /** A log that adds `fields` to each line. */
  child(fields: LogFields): Log
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** How a log is written; `human` is for eyes, `json` (one object a line) for machines. */
export interface LogOptions {
  readonly level: LogLevel
  readonly format: 'json' | 'human'
  /** @default standard error */
  readonly destination?: DestinationStream
}

/** Creates the log of a program. */
export function createLog(options: LogOptions): Log {
  const destination = options.destination ?? pino.destination({ fd: 2, sync: true })
  const logger = pino(
    {
      level: options.level,
      base: null,
      timestamp: () => `,"time":"${isoTime(Date.now())}"`,
      formatters: { level: (label) => ({ level: label }), log: maskSecrets },
      serializers: { error: serializeError, cause: serializeError },
    },
    options.format === 'human' ? humanStream(destination) : destination,
  )
  return logOf(logger)
}

function logOf(logger: Logger): Log {
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    // pino's formatter of fields leaves out those of a child.
    child: (fields) => logOf(logger.child(maskSecrets({ ...fields }))),
  }
}

/** A cause may be a word as well. */
function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  return maskSecrets({ ...pino.stdSerializers.err(error) })
}

/** Says nothing; for tests and libraries. */
export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLog,
}
