import type { Diagnostic } from '../userdata/diagnostic.ts'
import type { Option, Section } from '../userdata/ini.ts'
import { printable, shorten } from '../userdata/printable.ts'
import { createProblemList, type ProblemList } from '../userdata/problem.ts'
import { didYouMean } from '../userdata/suggest.ts'
import { findOption, MAX_ENTRIES, parseBoolean, parseInteger } from './option-values.ts'
import type { KeySchema, PluginSchema } from './schema.ts'

/** Longest value that a message repeats. */
const MAX_QUOTED = 60

/**
 * Problems that a schema alone can find: unknown keys, missing ones, keys without effect, values that are not of their
 * type, control characters, endless lists. An empty value is always fine: it means "nothing".
 */
export function checkSection(section: Section, schema: PluginSchema): readonly Diagnostic[] {
  const problems = createProblemList()
  const names = new Map<string, KeySchema>()
  for (const key of schema.keys) for (const name of [key.key, ...(key.aliases ?? [])]) names.set(name, key)
  for (const option of section.options.values()) {
    const key = names.get(option.key)
    if (key !== undefined) checkOption(option, key, problems)
    else {
      const message = `[${section.name}] has no key "${shorten(option.key, MAX_QUOTED)}"`
      problems.add('unknown-key', option.keySpan, message, () => didYouMean(option.key, names.keys()))
    }
  }
  for (const key of schema.keys) if (key.isRequired === true) checkPresence(section, key, problems)
  return problems.all()
}

function checkPresence(section: Section, key: KeySchema, problems: ProblemList): void {
  const option = findOption(section, key)
  if (option !== undefined && option.value !== '') return
  const span = option?.keySpan ?? section.span
  problems.add('key-missing', span, `[${section.name}] needs a value for "${key.key}"`, () => exampleOf(key))
}

function exampleOf(key: KeySchema): string | undefined {
  return key.example === undefined ? undefined : `For example: ${key.key}=${key.example}`
}

function checkOption(option: Option, key: KeySchema, problems: ProblemList): void {
  if (key.ignored !== undefined) {
    problems.add('key-without-effect', option.keySpan, `"${option.key}" has no effect: ${key.ignored}`)
    return
  }
  if (option.value === '') return
  const value = key.isSecret === true ? 'The value' : `"${printable(shorten(option.value, MAX_QUOTED))}"`
  const expected = /\p{Cc}/u.test(option.value) ? 'text without control characters' : expectation(option.value, key)
  if (expected === undefined) return
  const hint = key.type === 'choice' ? didYouMean(option.value, key.choices ?? []) : undefined
  problems.add('invalid-value', option.valueSpan, `${value} is not ${expected}`, hint ?? exampleOf(key))
}

/** What the value should be, or undefined when it is. */
function expectation(value: string, key: KeySchema): string | undefined {
  switch (key.type) {
    case 'boolean':
      return parseBoolean(value) === undefined ? 'on or off' : undefined
    case 'integer':
      return expectedInteger(value, key)
    case 'choice':
      return key.choices?.includes(value) === true ? undefined : `one of ${key.choices?.join(', ') ?? ''}`
    case 'list':
    case 'users':
    case 'environment':
    case 'repositories':
      return value.split(',').length > MAX_ENTRIES ? `a list of at most ${MAX_ENTRIES} entries` : undefined
    case 'icons':
      return value.split('%').length > MAX_ENTRIES ? `a list of at most ${MAX_ENTRIES} icons` : undefined
    case 'text':
    case 'base64':
      return undefined
  }
}

function expectedInteger(value: string, key: KeySchema): string | undefined {
  const { minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER } = key
  const number = parseInteger(value)
  if (number !== undefined && number >= minimum && number <= maximum) return undefined
  if (key.minimum === undefined && key.maximum === undefined) return 'a whole number'
  return key.maximum === undefined
    ? `a whole number of at least ${minimum}`
    : `a whole number from ${minimum} to ${maximum}`
}
