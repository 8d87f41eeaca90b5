import type { DestinationStream } from 'pino'

/** Turns pino's JSON lines into lines for eyes: time, level, message, then the fields as key=value. */
export function humanStream(destination: DestinationStream): DestinationStream {
  return { write: (line) => destination.write(humanLine(line)) }
}

function humanLine(line: string): string {
  const { level, time, msg, ...fields } = JSON.parse(line) as Record<string, unknown>
  const clock = String(time).slice(11, 19)
  const rest = Object.entries(fields).map(([key, value]) => `${key}=${humanValue(value)}`)
  return `${[clock, String(level).toUpperCase().padEnd(5), String(msg), ...rest].join(' ')}\n`
}

function humanValue(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'message' in value) return JSON.stringify(value.message)
  if (typeof value === 'string' && /^[\w./:@-]+$/.test(value)) return value
  return JSON.stringify(value)
}
