import type { Context } from '@muster/contexts/wire/contexts.ts'

/** Whether a context has each word of a search in its name or description. */
export function matchesContext(context: Context, search: string): boolean {
  const text = `${context.name} ${context.description}`.toLowerCase()
  const words = search.toLowerCase().split(/\s+/)
  return words.every((word) => text.includes(word))
}
