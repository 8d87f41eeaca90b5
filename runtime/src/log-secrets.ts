/** Field names that are masked wherever they stand, up to three levels deep. */
export const SECRET_FIELDS = [
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
  'seed',
  'sessionKey',
  'text',
  'body',
] as const

const SECRET: ReadonlySet<string> = new Set(SECRET_FIELDS)
/** Errors under these names are written by the log's own serializer, which masks what it tells of them. */
const SERIALIZED: ReadonlySet<string> = new Set(['error', 'cause'])
const MASK = '••••••'
const DEPTH = 3

/**
 * Fields of a log line with known secret names masked. The given object stays as it is, and is returned when nothing in
 * it is masked, which is nearly always: a line is written for every request.
 */
export function maskSecrets(fields: Record<string, unknown>): Record<string, unknown> {
  return maskEntries(fields, (name, value) =>
    SERIALIZED.has(name) && value instanceof Error ? value : maskInside(value, DEPTH - 1),
  )
}

function maskInside(value: unknown, depth: number): unknown {
  if (depth === 0 || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const masked = value.map((one) => maskInside(one, depth - 1))
    return masked.some((one, index) => one !== value[index]) ? masked : value
  }
  return maskEntries(value as Record<string, unknown>, (_, field) => maskInside(field, depth - 1))
}

function maskEntries(
  fields: Record<string, unknown>,
  inside: (name: string, value: unknown) => unknown,
): Record<string, unknown> {
  let masked: Record<string, unknown> | undefined
  for (const [name, field] of Object.entries(fields)) {
    const shown = SECRET.has(name) ? MASK : inside(name, field)
    if (shown === field) continue
    masked ??= { ...fields }
    masked[name] = shown
  }
  return masked ?? fields
}
