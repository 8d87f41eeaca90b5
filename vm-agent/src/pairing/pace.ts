import type { Clock } from '@muster/runtime/clock.ts'

/** How often something may be done: bursts, and a steady rate after them. */
export interface PaceOptions {
  /** At once at most. */
  readonly burst: number
  /** One more after each of these. */
  readonly refillMs: number
}

/** Waits as long as the pace asks for; a coordinator that answers each long poll at once cannot keep us busy. */
export function createPace(clock: Clock, options: PaceOptions): (signal: AbortSignal) => Promise<void> {
  let left = options.burst
  let countedAt = clock.monotonic()
  return async (signal) => {
    const refilled = Math.floor((clock.monotonic() - countedAt) / options.refillMs)
    left = Math.min(options.burst, left + refilled)
    countedAt += refilled * options.refillMs
    left -= 1
    if (left < 0) await clock.sleep(-left * options.refillMs, signal)
  }
}
