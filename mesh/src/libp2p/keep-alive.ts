import type { Clock } from '@muster/runtime/clock.ts'
import type { Random } from '@muster/runtime/random.ts'
import { PING_INTERVAL_MS, PING_TIMEOUT_MS, RTT_INTERVAL_MS } from './limits.ts'

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
  let asked: { readonly number: number; readonly at: number } | undefined
  let count = 0
  const ask = () => {
    count += 1
    asked = { number: count, at: clock.monotonic() }
    ping(count)
  }
  /** Whether the peer lets itself be heard within the timeout. */
  const isThere = async (signal: AbortSignal): Promise<boolean> => {
    for (;;) {
      const before = clock.monotonic()
      if (asked === undefined) ask()
      await clock.sleep(PING_TIMEOUT_MS, signal)
      if (heardAt > before) return true
      if (clock.monotonic() - before < PING_TIMEOUT_MS + STALL_MS) return false
    }
  }
  const watch = async (signal: AbortSignal): Promise<boolean> => {
    ask()
    for (;;) {
      // Spread, so that the two ends do not ask at the same moment.
      const dueMs = PING_INTERVAL_MS * (1 - 0.1 * random.fraction())
      const wait = asked === undefined ? heardAt + dueMs - clock.monotonic() : 0
      if (wait > 0) await clock.sleep(wait, signal)
      const silentMs = clock.monotonic() - heardAt
      const isMeasured = clock.monotonic() - measuredAt < RTT_INTERVAL_MS
      if (asked === undefined && silentMs < dueMs - 1 && isMeasured) continue
      if (!(await isThere(signal))) return false
      asked = undefined
    }
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
