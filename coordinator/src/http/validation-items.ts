import type { Problem } from '@muster/contexts/wire/common.ts'
import type { FastifySchemaValidationError } from 'fastify'

type Item = NonNullable<Problem['errors']>[number]

/** Problems listed in one answer at most. */
const MAX_ITEMS = 50

/**
 * What is wrong with a request, one entry for each field, in words for people.
 *
 * @param part - `body`, or where else the field stands, which begins the pointer then
 */
export function validationItems(found: readonly FastifySchemaValidationError[], part: string): Item[] {
  const prefix = part === 'body' ? '' : `/${part}`
  const details = new Map<string, Set<string>>()
  const add = (pointer: string, detail: string) => {
    details.set(pointer, (details.get(pointer) ?? new Set()).add(detail))
  }
  for (const { keyword, instancePath, params, message } of found) {
    if (keyword === 'required') {
      for (const name of listOf(params['requiredProperties'])) add(`${prefix}${instancePath}/${name}`, 'is missing')
    } else if (keyword !== 'const' && keyword !== 'anyOf') {
      add(prefix + instancePath, message ?? 'is not valid')
    }
  }
  for (const [pointer, choices] of choicesOf(found)) add(prefix + pointer, `must be one of ${choices.join(', ')}`)
  return [...details].slice(0, MAX_ITEMS).map(([pointer, texts]) => ({ pointer, detail: [...texts].join(', ') }))
}

/** Allowed words by pointer, from the alternatives that did not fit. */
function choicesOf(found: readonly FastifySchemaValidationError[]): ReadonlyMap<string, readonly string[]> {
  const choices = new Map<string, string[]>()
  for (const { keyword, instancePath, params } of found) {
    if (keyword !== 'const') continue
    choices.set(instancePath, [...(choices.get(instancePath) ?? []), String(params['allowedValue'])])
  }
  return choices
}

function listOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : []
}
