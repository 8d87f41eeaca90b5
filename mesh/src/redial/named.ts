import type { PeerId } from '../admission/membership.ts'
import { spread } from '../spread.ts'
import type { Candidate, RedialState, RememberedPeer } from './state.ts'

/** A peer that is connected is seen with each round, without a word in each candidate. */
export function seenAt({ connected, roundAt }: RedialState, { peer, lastSeenAt }: Candidate): number {
  return connected.has(peer) ? Math.max(lastSeenAt, roundAt) : lastSeenAt
}

/**
 * Whom to name to somebody who has too few connections: those that `isWanted`, by a draw in which each asker has its own
 * luck. Only the half that was learned last takes part: who came first would otherwise be named to all who came after,
 * and end with several times the connections of others.
 */
export function peersToName(
  state: RedialState,
  asker: PeerId,
  count: number,
  isWanted: (peer: PeerId) => boolean,
): readonly Pick<RememberedPeer, 'peer' | 'addresses'>[] {
  const known: { readonly one: Candidate; readonly rank: number }[] = []
  for (const [peer, one] of state.candidates) {
    if (one.isRendezvous || one.addresses.length === 0 || !isWanted(peer)) continue
    known.push({ one, rank: spread(state.self, asker, peer) })
  }
  const younger = known.slice(Math.min(Math.floor(known.length / 2), Math.max(0, known.length - count)))
  const drawn = younger.sort((left, right) => left.rank - right.rank).slice(0, count)
  return drawn.map(({ one: { peer, addresses } }) => ({ peer, addresses }))
}

/** The list to be saved, newest first; without rendezvous points, which the configuration and the definition name. */
export function rememberedPeers(state: RedialState): readonly RememberedPeer[] {
  return [...state.candidates.values()]
    .filter(({ isRendezvous, addresses }) => !isRendezvous && addresses.length > 0)
    .map((one) => ({ peer: one.peer, addresses: one.addresses, lastSeenAt: seenAt(state, one) }))
    .toSorted((left, right) => right.lastSeenAt - left.lastSeenAt || (left.peer < right.peer ? -1 : 1))
}
