import type { PeerId } from '../admission/membership.ts'
import type { ServicePayload } from '../records/payloads.ts'
import { spread } from '../spread.ts'
import type { MemberStatus } from '../witness/state.ts'
import { type DirectoryState, type Instance, instanceKey } from './state.ts'

/** One place where a service can be had. */
export interface Answer {
  readonly service: string
  readonly owner: PeerId
  readonly cloud: string
  /** IP address or host name. */
  readonly address: string
  readonly ports: ServicePayload['ports']
  /** The owner's own last probe. */
  readonly health: ServicePayload['health']
  readonly status: MemberStatus
  /** Failed too often from here, so that it is ranked behind the others for a while. */
  readonly isDemoted: boolean
  /** Milliseconds since its owner last said so. */
  readonly ageMs: number
}

/**
 * Where a service can be had, best first: reachable ones before doubtful ones, the same cloud before others, near
 * before far. Equal ones are ordered by a hash of both names, so that the members of a cluster spread over them and
 * each keeps its choice. Who has left is not among them, nor a machine whose slot was filled anew.
 */
export function resolve(state: DirectoryState, service: string, now: number): readonly Answer[] {
  const found: { readonly answer: Answer; readonly rank: readonly number[] }[] = []
  const instances = [...state.instances.values()].filter((one) => one.service === service)
  for (const one of instances) {
    if (state.statuses.get(one.owner) === 'left' || isSuperseded(one, instances)) continue
    const answer = answerOf(state, one, now)
    found.push({ answer, rank: rankOf(state, answer) })
  }
  return found
    .sort((left, right) => compareRanks(left.rank, right.rank) || compareTexts(left.answer.owner, right.answer.owner))
    .map(({ answer }) => answer)
}

/** Names of all services with an answer, in order. */
export function serviceNames(state: DirectoryState): readonly string[] {
  return [...new Set([...state.instances.values()].map(({ service }) => service))].sort(compareTexts)
}

function isSuperseded(one: Instance, others: readonly Instance[]): boolean {
  const { place } = one
  if (place === undefined) return false
  return others.some(
    (other) =>
      other.payload.cloud === one.payload.cloud &&
      other.place?.slot === place.slot &&
      other.place.generation > place.generation,
  )
}

function answerOf(state: DirectoryState, one: Instance, now: number): Answer {
  const { cloud, address, ports, health } = one.payload
  return {
    service: one.service,
    owner: one.owner,
    cloud,
    address,
    ports,
    health,
    status: state.statuses.get(one.owner) ?? 'alive',
    isDemoted: state.experiences.get(instanceKey(one.service, one.owner))?.demotedAt !== undefined,
    ageMs: Math.max(0, now - one.heardAt),
  }
}

const DOUBT: Readonly<Record<MemberStatus, number>> = { alive: 0, suspect: 1, gone: 3, left: 4 }

function rankOf(state: DirectoryState, answer: Answer): readonly number[] {
  const failing = answer.isDemoted || answer.health === 'failing' ? 2 : 0
  // Unknown distance counts as far within its cloud, near as none.
  const rtt = state.rtts.get(answer.owner) ?? 1_000
  return [
    Math.max(DOUBT[answer.status], failing),
    answer.cloud === state.cloud ? 0 : 1,
    answer.health === 'passing' ? 0 : 1,
    answer.cloud === state.cloud ? 0 : Math.floor(rtt / state.options.rttStepMs),
    spread(state.self, answer.service, answer.owner),
  ]
}

function compareRanks(left: readonly number[], right: readonly number[]): number {
  for (const [index, value] of left.entries()) {
    const difference = value - (right[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

function compareTexts(left: string, right: string): number {
  return left < right ? -1 : Number(left > right)
}
