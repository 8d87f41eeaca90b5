import type { MeshMember } from '@muster/contexts/wire/clusters.ts'
import { byPlace } from './member-list.ts'
import type { AwaitedPlace, BoxContent } from './picture.ts'

/** One cell of the grid of a service. */
export type GridCell = Extract<BoxContent, { kind: 'member' | 'awaited' }> & {
  readonly id: string
  /** Place in the grid, from 0 by rows. */
  readonly index: number
}

/** Free slots that a grid shows as gaps at most; a service with wider gaps is drawn without them. */
const GAPS = 8

/**
 * Who is drawn for a service in a cloud, one for each slot: its newest member, or that one is awaited. A slot keeps its
 * cell when others come and go.
 */
export function gridCells(members: readonly MeshMember[], awaited: readonly AwaitedPlace[]): readonly GridCell[] {
  const slots = new Map<number, MeshMember[]>()
  for (const member of members.toSorted(byPlace)) slots.set(member.slot, [...(slots.get(member.slot) ?? []), member])
  const contents = new Map<number, Extract<BoxContent, { kind: 'member' | 'awaited' }> & { id: string }>()
  for (const [slot, holders] of slots) {
    const [member, ...former] = holders
    if (member !== undefined)
      contents.set(slot, { kind: 'member', id: member.peer, member, formerHolders: former.length })
  }
  for (const place of awaited) {
    if (contents.has(place.slot)) continue
    const { cloud, service, slot } = place
    contents.set(slot, { kind: 'awaited', id: `awaited:${cloud}/${service}/${slot}`, place })
  }
  const sorted = [...contents].toSorted(([a], [b]) => a - b)
  const highest = sorted.at(-1)?.[0] ?? 0
  const isDense = highest < 2 * sorted.length + GAPS
  return sorted.map(([slot, content], order) => ({ ...content, index: isDense ? slot : order }))
}

/** Order of names that is the same everywhere. */
export function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
