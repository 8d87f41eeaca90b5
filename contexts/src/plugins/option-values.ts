import type { Option, Section } from '../userdata/ini.ts'
import { type Span, spanWithin, trimBlank } from '../userdata/text.ts'
import type { KeySchema, PluginSchema } from './schema.ts'

/** Most entries of one list option. */
export const MAX_ENTRIES = 1000

/** One entry of a list, with its own place. */
export interface Entry {
  readonly text: string
  readonly span: Span
}

const TRUE = /^(?:on|yes|true|1)$/i
const FALSE = /^(?:off|no|false|0)$/i

/** Option of a key under any of its spellings; of several, the one that stands last in the text. */
export function findOption(section: Section | undefined, schema: KeySchema): Option | undefined {
  let found: Option | undefined
  for (const name of [schema.key, ...(schema.aliases ?? [])]) {
    const option = section?.options.get(name)
    if (option === undefined) continue
    if (found === undefined || option.keySpan.start.offset > found.keySpan.start.offset) found = option
  }
  return found
}

/** Reads options by the keys of one schema; an unknown key is a bug. */
export function optionFinder(section: Section | undefined, schema: PluginSchema): (key: string) => Option | undefined {
  return (key) => {
    const found = schema.keys.find((one) => one.key === key)
    if (found === undefined) throw new Error(`The schema has no key ${key}`)
    return findOption(section, found)
  }
}

/** @returns undefined for what is neither on nor off */
export function parseBoolean(value: string): boolean | undefined {
  if (TRUE.test(value)) return true
  return FALSE.test(value) ? false : undefined
}

/** @returns undefined for what is no decimal integer that a number holds exactly */
export function parseInteger(value: string): number | undefined {
  if (!/^[+-]?\d{1,15}$/.test(value)) return undefined
  return Number(value)
}

/** Entries between separators, trimmed, empty ones left out; of an endless list (which is an error) not many. */
export function splitEntries(option: Option | undefined, separator = ','): readonly Entry[] {
  if (option === undefined) return []
  const entries: Entry[] = []
  let from = 0
  for (const piece of option.value.split(separator)) {
    const text = trimBlank(piece)
    const at = from + piece.indexOf(text)
    if (text !== '') entries.push({ text, span: spanWithin(option.valueSpan, option.value, at, text.length) })
    if (entries.length > MAX_ENTRIES) break
    from += piece.length + separator.length
  }
  return entries
}

/** The value without one pair of double quotes around it; the readers of the old files dropped them. */
export function unquote(value: string): string {
  return value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value
}
