import type { SignedDefinition } from '../admission/definition.ts'
import type { Membership, PeerId } from '../admission/membership.ts'
import type { MemberStatus } from '../witness/state.ts'

/** Most that one worker meets; a cluster has one or two. */
const MAX_MET = 4

/**
 * Whom a worker must meet because nobody passes its records on. They travel between those who follow the workers of its
 * cloud: the agents of the cloud and all demand owners. Agents are met as rendezvous points; in a cloud without agents
 * a worker that is connected with no demand owner would speak to nobody.
 *
 * @param own - of this node
 * @param others - with their status, as far as this node knows them
 */
export function demandOwnersToMeet(
  own: Pick<Membership, 'role' | 'slot'> | undefined,
  definition: Pick<SignedDefinition, 'clouds'>,
  others: Iterable<readonly [PeerId, Pick<Membership, 'role'> | undefined, MemberStatus]>,
): readonly PeerId[] {
  if (own?.role !== 'worker') return []
  const cloud = definition.clouds.find(({ name }) => name === own.slot.cloud)
  if (cloud === undefined || cloud.agents.length > 0) return []
  const owners: PeerId[] = []
  for (const [peer, membership, status] of others) {
    if (membership?.role === 'demand-owner' && (status === 'alive' || status === 'suspect')) owners.push(peer)
  }
  return owners.toSorted().slice(0, MAX_MET)
}
