import { type DestinationStream, pino } from 'pino'
import { humanStream } from './log-human.ts'

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

/** Field names that are masked wherever they stand, up to three levels deep. */
export const REDACTED_FIELDS = [
  'pin',
  'secret',
  'password',
  'passphrase',
  'token',
  'agentToken',
  'machineToken',
  'deviceCode',
  'userCode',
  'authorization',
  'cookie',
  'set-cookie',
  'privateKey',
  'sessionKey',
  'text',
  'body',
] as const

const DEPTHS = ['', '*.', '*.*.']

function redactionPaths(): string[] {
  return DEPTHS.flatMap((depth) =>
    REDACTED_FIELDS.map((field) => {
      const quoted = `["${field}"]`
      return depth === '' ? quoted : `${depth.slice(0, -1)}${quoted}`
    }),
  )
}

/** Creates the log of a program. */
export function createLog(options: LogOptions): Log {
  const destination = options.destination ?? pino.destination({ fd: 2, sync: true })
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: pino.stdSerializers.err, cause: pino.stdSerializers.err },
      redact: { paths: redactionPaths(), censor: '••••••' },
    },
    options.format === 'human' ? humanStream(destination) : destination,
  )
}

/** Says nothing; for tests and libraries. */
export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLog,
}
