import type { Backoff } from '@muster/runtime/retry.ts'
import type { PeerId } from '../admission/membership.ts'

/** A peer worth dialing again; the list of them is kept on disk. */
export interface RememberedPeer {
  readonly peer: PeerId
  /** Multiaddrs, at most `MAX_ADDRESSES`; may be empty for a peer that only ever dialed in. */
  readonly addresses: readonly string[]
  /** Epoch milliseconds of the last connection or mention by somebody connected. */
  readonly lastSeenAt: number
}

/** A remembered peer with how dialing it went. */
export interface Candidate extends RememberedPeer {
  /** Coordinator, own cloud agent, agents named by the definition: never forgotten, dialed in every round. */
  readonly isRendezvous: boolean
  /** Its connection broke and did not come back; or it was remembered from before this start. */
  readonly isLost: boolean
  readonly failures: number
  /** Not before, unless a round asks for it. */
  readonly retryAt: number
  readonly triedAt: number
}

/** A peer that was not dialed yet. */
export function freshCandidate(
  { peer, addresses }: Pick<RememberedPeer, 'peer' | 'addresses'>,
  lastSeenAt: number,
  retryAt: number,
): Candidate {
  const kept = addresses.slice(0, MAX_ADDRESSES)
  // One literal for all, as engines keep objects of one form apart from others and read them faster.
  const never = { isRendezvous: false, isLost: false, failures: 0, triedAt: 0 }
  return { peer, addresses: kept, lastSeenAt, ...never, retryAt }
}

/** Numbers of the redial loop. */
export interface RedialOptions {
  /** Connections that this member wants of its own accord. More: memory and CPU; fewer: a thin mesh. */
  readonly target: number
  /** Dials under way at once; each costs CPU at both ends. */
  readonly maxDials: number
  readonly roundMs: number
  /** Lost peers that are dialed in each round whatever their backoff; and, by it, so many that a relay stands between. */
  readonly roundPeers: number
  readonly backoff: Backoff
  readonly keepMs: number
  readonly maxPeers: number
  /** The list is handed out for saving at most so often. */
  readonly persistMs: number
}

/** Most addresses kept for one peer. */
export const MAX_ADDRESSES = 8

/** See AUTONOMY (b) "Partition". */
export const DEFAULT_REDIAL_OPTIONS: RedialOptions = {
  target: 8,
  maxDials: 4,
  roundMs: 30_000,
  roundPeers: 3,
  backoff: { baseMs: 1_000, maxMs: 300_000 },
  keepMs: 24 * 60 * 60_000,
  maxPeers: 256,
  persistMs: 10_000,
}

/** Who is remembered, connected and being dialed. Times are epoch milliseconds: they outlive the process. */
export interface RedialState {
  readonly self: PeerId
  readonly options: RedialOptions
  readonly candidates: ReadonlyMap<PeerId, Candidate>
  readonly connected: ReadonlySet<PeerId>
  /** Of them, those that are reached through a relay only. */
  readonly relayed: ReadonlySet<PeerId>
  readonly dialing: ReadonlySet<PeerId>
  readonly rounds: number
  /** Of the last round: whoever was connected then was seen then. */
  readonly roundAt: number
  readonly nextRoundAt: number
  readonly isChanged: boolean
  readonly persistedAt: number
}

/** What the loop starts with. */
export interface RedialStart {
  readonly self: PeerId
  /** The list as it was saved; entries that are too old are dropped at the first round. */
  readonly remembered: readonly RememberedPeer[]
  readonly rendezvous: readonly Pick<RememberedPeer, 'peer' | 'addresses'>[]
  readonly options?: RedialOptions
}

/** Nobody is connected yet; the first tick dials. */
export function initialRedial(start: RedialStart, now: number): RedialState {
  const options = start.options ?? DEFAULT_REDIAL_OPTIONS
  const candidates = new Map<PeerId, Candidate>()
  for (const peer of start.remembered.slice(0, options.maxPeers)) {
    if (peer.peer === start.self) continue
    // A clock that ran ahead when the list was saved must not keep a peer for ever.
    const lastSeenAt = Math.min(peer.lastSeenAt, now)
    candidates.set(peer.peer, { ...freshCandidate(peer, lastSeenAt, now), isLost: true })
  }
  for (const { peer, addresses } of start.rendezvous) {
    if (peer === start.self) continue
    candidates.set(peer, { ...freshCandidate({ peer, addresses }, now, now), isRendezvous: true })
  }
  return {
    self: start.self,
    options,
    candidates,
    connected: new Set(),
    relayed: new Set(),
    dialing: new Set(),
    rounds: 0,
    roundAt: Number.NEGATIVE_INFINITY,
    nextRoundAt: now,
    isChanged: false,
    persistedAt: now,
  }
}
