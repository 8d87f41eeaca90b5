import type { Clock } from '@muster/runtime/clock.ts'
import type { Random } from '@muster/runtime/random.ts'
import {
  MAX_PING_TIMEOUT_MS,
  PING_INTERVAL_MS,
  PING_TIMEOUT_MS,
  PING_TIMEOUT_ROUND_TRIPS,
  RTT_INTERVAL_MS,
} from './limits.ts'

/** Weight of the newest round trip in the smoothed one: a busy machine only ever makes one look longer. */
const LONGER_WEIGHT = 1 / 8
const SHORTER_WEIGHT = 1 / 2
/** A timer that fires later than this was held up by this process itself, so the other side is not to blame. */
const STALL_MS = 1_000

/** Asks a silent peer whether it is there. */
export interface KeepAlive {
  /** Something came from the peer. */
  heard(): void
  /** An answer came. */
  ponged(number: number): void
  /** Smoothed, in milliseconds; undefined before the first answer. */
  rttMs(): number | undefined
  /** Runs until the signal aborts; resolves false when the peer is gone, true when aborted. */
  run(signal: AbortSignal): Promise<boolean>
}

/** What it stands on. */
export interface KeepAliveParts {
  readonly clock: Clock
  readonly random: Pick<Random, 'fraction'>
  readonly ping: (number: number) => void
}

/**
 * Whoever notices silence first asks; the other end has heard something then and stays quiet, so a connection costs one
 * exchange in an interval, not two.
 */
export function createKeepAlive({ clock, random, ping }: KeepAliveParts): KeepAlive {
  let heardAt = clock.monotonic()
  let measuredAt = Number.NEGATIVE_INFINITY
  let rttMs: number | undefined
  /** The newest ping, as long as it was not answered: an answer after the timeout tells how long the line is. */
  let asked: { readonly number: number; readonly at: number } | undefined
  let count = 0
  const ask = () => {
    count += 1
    asked = { number: count, at: clock.monotonic() }
    ping(count)
  }
  /** Whether the peer lets itself be heard within the timeout. */
  const isThere = async (signal: AbortSignal): Promise<boolean> => {
    ask()
    for (;;) {
      const before = clock.monotonic()
      const timeoutMs = pingTimeoutMs(rttMs)
      await clock.sleep(timeoutMs, signal)
      if (heardAt > before) return true
      if (clock.monotonic() - before < timeoutMs + STALL_MS) return false
    }
  }
  const watch = async (signal: AbortSignal): Promise<boolean> => {
    while (await isThere(signal)) {
      // Spread, so that the two ends do not ask at the same moment.
      const dueMs = PING_INTERVAL_MS * (1 - 0.1 * random.fraction())
      const silentMs = () => clock.monotonic() - heardAt
      const isMeasured = () => clock.monotonic() - measuredAt < RTT_INTERVAL_MS
      while (silentMs() < dueMs - 1 && isMeasured()) await clock.sleep(dueMs - silentMs(), signal)
    }
    return false
  }
  return {
    heard() {
      heardAt = clock.monotonic()
    },
    ponged(number) {
      if (asked?.number !== number) return
      const now = clock.monotonic()
      const latest = now - asked.at
      const before = rttMs ?? latest
      rttMs = before + (latest - before) * (latest < before ? SHORTER_WEIGHT : LONGER_WEIGHT)
      measuredAt = now
      asked = undefined
    },
    rttMs: () => rttMs,
    run: (signal) =>
      watch(signal).catch((error: unknown) => {
        if (signal.aborted) return true
        throw error
      }),
  }
}

/** @param rttMs - undefined: nothing is known of the line yet, and the peer has just spoken */
function pingTimeoutMs(rttMs: number | undefined): number {
  const fitting = rttMs === undefined ? MAX_PING_TIMEOUT_MS : rttMs * PING_TIMEOUT_ROUND_TRIPS
  return Math.min(MAX_PING_TIMEOUT_MS, Math.max(PING_TIMEOUT_MS, fitting))
}
