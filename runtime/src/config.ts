import { readFile } from 'node:fs/promises'
import { parse } from 'ini'
import { ConfigError } from './config-error.ts'

/** How the text of one key becomes a value: an error message (a string in `problem`) or the value. */
export type FieldDecoder<T> = (text: string) => { readonly value: T } | { readonly problem: string }

/** One key of a configuration file; without a default it is required. */
export interface Field<T> {
  readonly decode: FieldDecoder<T>
  readonly default?: T
}

/** Keys of a file by name; a key of a section is written `section.key`. */
export type Fields = Readonly<Record<string, Field<unknown>>>

/** The typed result for some fields. */
export type ConfigOf<F extends Fields> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never }

/** Any text that is not empty. */
export const text: FieldDecoder<string> = (value) => (value === '' ? { problem: 'must not be empty' } : { value })

/** `true`/`yes`/`on`/`1` and their opposites, in any case. */
export const flag: FieldDecoder<boolean> = (value) => {
  if (/^(true|yes|on|1)$/i.test(value)) return { value: true }
  if (/^(false|no|off|0)$/i.test(value)) return { value: false }
  return { problem: 'must be true or false' }
}

/** A whole number within limits. */
export function integer(minimum: number, maximum: number): FieldDecoder<number> {
  return (value) => {
    const number = /^-?\d{1,15}$/.test(value) ? Number(value) : Number.NaN
    if (number >= minimum && number <= maximum) return { value: number }
    return { problem: `must be a whole number from ${minimum} to ${maximum}` }
  }
}

/** One of a few words. */
export function oneOf<const T extends string>(...choices: readonly T[]): FieldDecoder<T> {
  return (value) => {
    const found = choices.find((choice) => choice === value)
    return found === undefined ? { problem: `must be one of ${choices.join(', ')}` } : { value: found }
  }
}

/**
 * Reads a configuration file into a frozen object.
 *
 * @throws {ConfigError} unreadable, missing, invalid — naming file, line and key, all problems at once
 */
export async function loadConfig<F extends Fields>(path: string, fields: F): Promise<ConfigOf<F>> {
  const content = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new ConfigError('unreadable', `${path} cannot be read: ${messageOf(cause)}`, {
      cause,
      hint: 'Check that the file exists and that this user may read it.',
    })
  })
  return decodeConfigText(content, path, fields)
}

/** The same for text that was read already; `path` is for messages. */
export function decodeConfigText<F extends Fields>(content: string, path: string, fields: F): ConfigOf<F> {
  const given = flatten(parse(content))
  const problems: string[] = []
  let hasInvalid = false
  const result: Record<string, unknown> = {}

  for (const [key, value] of given) {
    const field = fields[key]
    const decoded = field?.decode(value)
    if (decoded === undefined) problems.push(`${where(path, content, key)}: unknown key "${key}"`)
    else if ('problem' in decoded) problems.push(`${where(path, content, key)}: ${key} ${decoded.problem}`)
    else result[key] = decoded.value
    hasInvalid ||= decoded === undefined || 'problem' in decoded
  }
  for (const [key, field] of Object.entries(fields)) {
    if (given.has(key)) continue
    if (!('default' in field)) problems.push(`${path}: ${key} is missing`)
    result[key] = field.default
  }
  if (problems.length > 0) {
    throw new ConfigError(hasInvalid ? 'invalid' : 'missing', problems.join('\n'), {
      hint: `Correct ${path}; known keys are ${Object.keys(fields).join(', ')}.`,
    })
  }
  return Object.freeze(result) as ConfigOf<F>
}

/** Keys as `section.key` with their texts; the library gives booleans and nested objects too. */
function flatten(tree: object, prefix = ''): ReadonlyMap<string, string> {
  const flat = new Map<string, string>()
  for (const [key, value] of Object.entries(tree)) {
    const name = `${prefix}${key}`
    if (typeof value === 'object' && value !== null) {
      for (const [inner, text] of flatten(value, `${name}.`)) flat.set(inner, text)
    } else flat.set(name, String(value))
  }
  return flat
}

/** `file:line` of a key: the library keeps no positions, so the line is looked up in the text. */
function where(path: string, content: string, key: string): string {
  const last = key.split('.').at(-1) ?? key
  const lines = content.split('\n')
  const line = lines.findIndex((candidate) => candidate.trimStart().split(/[=\s]/)[0] === last)
  return line < 0 ? path : `${path}:${line + 1}`
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
