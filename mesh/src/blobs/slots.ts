import type { PeerId } from '../admission/membership.ts'

/** Numbers of the queue in front of a node that serves. */
export interface SlotOptions {
  /** Transfers at once. More: each is slower, and reads of the disk compete. */
  readonly maxTotal: number
  readonly maxPerPeer: number
  /** Shortest time for which a peer is put off. */
  readonly retryAfterMs: number
  /** Grows by this for each peer that was put off lately, so that a storm asks at a bounded rate. */
  readonly perWaitingMs: number
  readonly maxRetryAfterMs: number
}

export const DEFAULT_SLOT_OPTIONS: SlotOptions = {
  maxTotal: 8,
  maxPerPeer: 2,
  retryAfterMs: 150,
  perWaitingMs: 4,
  maxRetryAfterMs: 5_000,
}

/** Who is not seen again for so many of its waits has gone elsewhere. */
const WAITS_REMEMBERED = 2

/** Transfers that run, and who was told to come back. */
export interface Slots {
  /** @returns gives the slot back; undefined when none is free */
  take(peer: PeerId, now: number): (() => void) | undefined
  /** How long to put a peer off; it counts as waiting from now. */
  putOff(peer: PeerId, now: number): number
  readonly busy: number
}

/** All slots are free. */
export function createSlots(options: SlotOptions = DEFAULT_SLOT_OPTIONS): Slots {
  const running = new Map<PeerId, number>()
  const waiting = new Map<PeerId, number>()
  let busy = 0
  const forget = (now: number) => {
    // In the order of their times: the first that is not over ends the look.
    for (const [peer, until] of waiting) {
      if (until > now) break
      waiting.delete(peer)
    }
  }
  return {
    take(peer, now) {
      const own = running.get(peer) ?? 0
      if (busy >= options.maxTotal || own >= options.maxPerPeer) return undefined
      running.set(peer, own + 1)
      busy += 1
      waiting.delete(peer)
      forget(now)
      let isHeld = true
      return () => {
        if (!isHeld) return
        isHeld = false
        busy -= 1
        const left = (running.get(peer) ?? 1) - 1
        if (left > 0) running.set(peer, left)
        else running.delete(peer)
      }
    },
    putOff(peer, now) {
      forget(now)
      waiting.delete(peer)
      const waitMs = Math.min(options.maxRetryAfterMs, options.retryAfterMs + options.perWaitingMs * waiting.size)
      waiting.set(peer, now + WAITS_REMEMBERED * waitMs)
      return waitMs
    },
    get busy() {
      return busy
    },
  }
}
