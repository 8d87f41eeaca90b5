import type { MemberRole, MemberStatus, MeshConnection, MeshMember } from '@muster/contexts/wire/clusters.ts'

/** Statuses in the order of concern: what needs eyes comes last in a healthy cluster, first in filters of a sick one. */
export const STATUSES: readonly MemberStatus[] = ['alive', 'suspect', 'gone', 'left']

const ROLE_WORDS: Readonly<Record<MemberRole, string>> = {
  coordinator: 'coordinator',
  'cloud-agent': 'cloud agent',
  fixed: 'fixed service',
  'demand-owner': 'fixed service, states the demand',
  worker: 'worker',
}

/** What a member is, in words. */
export function describeRole(role: MemberRole): string {
  return ROLE_WORDS[role]
}

/** Name of a member for people: service and slot, as `muster-agent members` shows it. Unique in one cloud only. */
export function memberName({ service, slot, isSelf }: Pick<MeshMember, 'service' | 'slot' | 'isSelf'>): string {
  return isSelf ? 'coordinator' : `${service}/${slot}`
}

/** The end of a PeerId, which tells one from another; the beginning is the same for all. */
export function shortPeer(peer: string): string {
  return `…${peer.slice(-8)}`
}

const SPANS = [
  { ms: 86_400_000, unit: 'd' },
  { ms: 3_600_000, unit: 'h' },
  { ms: 60_000, unit: 'min' },
  { ms: 1_000, unit: 's' },
] as const

/** A span for narrow places: `4 s`, `3 min`, `2 h`, `5 d`; `0 s` below a second. */
export function shortSpan(ms: number): string {
  const span = SPANS.find((candidate) => ms >= candidate.ms)
  return span === undefined ? '0 s' : `${Math.floor(ms / span.ms)} ${span.unit}`
}

/** A round trip: one decimal below 10 ms. */
export function roundTrip(rttMs: number): string {
  return `${rttMs.toFixed(rttMs < 10 ? 1 : 0)} ms`
}

/** How the coordinator is connected with a member. */
export function describeConnection(member: Pick<MeshMember, 'isSelf' | 'connection'>): string {
  if (member.isSelf) return 'itself'
  return member.connection === undefined ? 'none, heard through others' : describeWay(member.connection)
}

function describeWay({ isRelayed, rttMs }: MeshConnection): string {
  const way = isRelayed ? 'through a relay' : 'direct'
  return rttMs === undefined ? way : `${way}, ${roundTrip(rttMs)}`
}

/**
 * When something was that an answer tells the age of, by the clock of this browser: the coordinator's may differ.
 *
 * @param receivedAt - of the answer, epoch milliseconds of this browser
 * @returns RFC 3339
 */
export function timeOfAge(ageMs: number, receivedAt: number): string {
  return new Date(receivedAt - ageMs).toISOString()
}
