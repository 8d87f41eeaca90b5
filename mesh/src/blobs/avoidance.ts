import type { Clock } from '@muster/runtime/clock.ts'
import type { PeerId } from '../admission/membership.ts'

/** Peers that have sent wrong content: not asked for a while. */
export interface Avoidance {
  blame(peer: PeerId): void
  isAvoided(peer: PeerId): boolean
  /** Times that somebody was blamed. */
  readonly count: number
}

const MAX_AVOIDED = 1_000

/** Nobody is avoided. */
export function createAvoidance(clock: Clock, forMs: number): Avoidance {
  const until = new Map<PeerId, number>()
  let count = 0
  return {
    blame(peer) {
      count += 1
      until.delete(peer)
      until.set(peer, clock.monotonic() + forMs)
      const oldest = until.size > MAX_AVOIDED ? until.keys().next().value : undefined
      if (oldest !== undefined) until.delete(oldest)
    },
    isAvoided: (peer) => (until.get(peer) ?? 0) > clock.monotonic(),
    get count() {
      return count
    },
  }
}
