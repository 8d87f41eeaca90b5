import type { Machine } from '@muster/contexts/wire/machines.ts'

/** Whether a machine has each word of a search in its name, host, address or context. */
export function matchesMachine(machine: Machine, search: string): boolean {
  const { hostname, addresses, context, state } = machine.status
  const text = [machine.name, hostname, ...addresses, context?.name ?? '', state].join(' ').toLowerCase()
  const words = search.toLowerCase().split(/\s+/)
  return words.every((word) => text.includes(word))
}
