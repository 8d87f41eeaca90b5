import type { ClusterMesh, MemberStatus, MeshMember } from '@muster/contexts/wire/clusters.ts'
import { describeRole, memberName, STATUSES } from './member-words.ts'

/** How many members are in which status. */
export type StatusCounts = Readonly<Record<MemberStatus, number>>

/** Counts members by status. */
export function countStatuses(members: readonly Pick<MeshMember, 'status'>[]): StatusCounts {
  const counts: Record<MemberStatus, number> = { alive: 0, suspect: 0, gone: 0, left: 0 }
  for (const { status } of members) counts[status] += 1
  return counts
}

/** Counts as people read them: `58 alive, 1 suspect`; statuses nobody is in are left out. */
export function describeCounts(counts: StatusCounts): string {
  const parts = STATUSES.filter((status) => counts[status] > 0).map((status) => `${counts[status]} ${status}`)
  return parts.length === 0 ? 'nobody' : parts.join(', ')
}

/** Whether each word of a search is in one of the facts of a member. */
export function matchesMember(member: MeshMember, search: string): boolean {
  const { cloud, role, status, peer, address, program, connection } = member
  const facts = [memberName(member), cloud, describeRole(role), status, peer, address, program, connection?.address]
  const text = facts.join('\n').toLowerCase()
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}

/** What a table of members is sorted by. */
export type MemberOrder = 'name' | 'cloud' | 'status' | 'heard' | 'rtt'

/** Members in an order; equals keep that of cloud, service, slot, so that rows stay where they are. */
export function sortMembers(
  members: readonly MeshMember[],
  order: MemberOrder,
  isDescending: boolean,
): readonly MeshMember[] {
  const compare = COMPARISONS[order]
  const sign = isDescending ? -1 : 1
  return members.toSorted((a, b) => sign * compare(a, b) || byPlace(a, b))
}

/** Order of the picture and, without another wish, of the table: the newest holder of a place first. */
export function byPlace(a: MeshMember, b: MeshMember): number {
  return (
    Number(b.isSelf) - Number(a.isSelf) ||
    compareText(a.cloud, b.cloud) ||
    compareText(a.service, b.service) ||
    a.slot - b.slot ||
    b.generation - a.generation ||
    compareText(a.peer, b.peer)
  )
}

const COMPARISONS: Readonly<Record<MemberOrder, (a: MeshMember, b: MeshMember) => number>> = {
  name: (a, b) => Number(b.isSelf) - Number(a.isSelf) || compareText(a.service, b.service) || a.slot - b.slot,
  cloud: (a, b) => compareText(a.cloud, b.cloud),
  status: (a, b) => STATUSES.indexOf(a.status) - STATUSES.indexOf(b.status),
  heard: (a, b) => compareMaybe(a.heardAgoMs, b.heardAgoMs),
  rtt: (a, b) => compareMaybe(a.connection?.rttMs, b.connection?.rttMs),
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Unknown numbers come behind all others. */
function compareMaybe(a: number | undefined, b: number | undefined): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined)
  return a - b
}

/** Who holds the place that a machine was authorized for, once it has joined. */
export function findHolder(
  mesh: Pick<ClusterMesh, 'members'> | undefined,
  place: Pick<MeshMember, 'service' | 'cloud' | 'slot' | 'generation'>,
): MeshMember | undefined {
  return mesh?.members.find(
    (member) =>
      member.service === place.service &&
      member.cloud === place.cloud &&
      member.slot === place.slot &&
      member.generation === place.generation,
  )
}
