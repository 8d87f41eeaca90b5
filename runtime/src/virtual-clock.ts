import type { Clock } from './clock.ts'

/** A clock that stands still until it is told to go on. Wall and monotonic time move together. */
export interface VirtualClock extends Clock {
  /**
   * Moves time forward, waking each sleeper at its moment in order of time, then of arrival; what a woken sleeper
   * starts runs before the next one wakes.
   */
  advance(ms: number): Promise<void>
  /** Moves the wall clock alone, as an administrator or NTP would. */
  jump(ms: number): void
  /** Sleepers that wait now. */
  readonly pending: number
}

interface Sleeper {
  readonly wakeAt: number
  readonly order: number
  readonly wake: () => void
}

/** Lets every promise that is ready now run, and what these make ready, without real time passing. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
}

/** Creates a virtual clock whose wall time starts at `startMs` (default 2026-01-01T00:00:00Z). */
export function createVirtualClock(startMs: number = Date.UTC(2026, 0, 1)): VirtualClock {
  let elapsed = 0
  let wallOffset = startMs
  let order = 0
  const sleepers = new Set<Sleeper>()

  function nextDue(until: number): Sleeper | undefined {
    let first: Sleeper | undefined
    for (const sleeper of sleepers) {
      if (sleeper.wakeAt > until) continue
      const isEarlier = first === undefined || sleeper.wakeAt < first.wakeAt
      if (isEarlier || (sleeper.wakeAt === first?.wakeAt && sleeper.order < first.order)) first = sleeper
    }
    return first
  }

  function sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason)
        return
      }
      const onAbort = () => {
        sleepers.delete(sleeper)
        reject(signal?.reason)
      }
      const sleeper: Sleeper = {
        wakeAt: elapsed + Math.max(0, ms),
        order: order++,
        wake() {
          sleepers.delete(sleeper)
          signal?.removeEventListener('abort', onAbort)
          resolve()
        },
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      sleepers.add(sleeper)
    })
  }

  return {
    now: () => wallOffset + elapsed,
    monotonic: () => elapsed,
    sleep,
    async advance(ms) {
      const until = elapsed + ms
      await settle()
      for (let due = nextDue(until); due !== undefined; due = nextDue(until)) {
        elapsed = Math.max(elapsed, due.wakeAt)
        due.wake()
        await settle()
      }
      elapsed = until
    },
    jump(ms) {
      wallOffset += ms
    },
    get pending() {
      return sleepers.size
    },
  }
}
