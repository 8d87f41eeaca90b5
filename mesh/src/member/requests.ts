import type { PeerId } from '../admission/membership.ts'

/** What an answer that is still awaited is about. */
export type Awaited =
  | { readonly type: 'probe'; readonly peer: PeerId; readonly probe: number }
  | { readonly type: 'probe-through'; readonly peer: PeerId; readonly probe: number }
  | { readonly type: 'peers' }

/** Requests under way; more than `MAX_REQUESTS` and the oldest is forgotten, its answer then void. */
export interface Requests {
  /** @returns the number to send it with */
  open(about: Awaited): number
  /** What the number was about, once. */
  close(id: number): Awaited | undefined
}

const MAX_REQUESTS = 1_024

/** No request is under way. */
export function createRequests(): Requests {
  const open = new Map<number, Awaited>()
  let count = 0
  return {
    open(about) {
      count += 1
      open.set(count, about)
      const [oldest] = open.keys()
      if (open.size > MAX_REQUESTS && oldest !== undefined) open.delete(oldest)
      return count
    },
    close(id) {
      const about = open.get(id)
      open.delete(id)
      return about
    },
  }
}
