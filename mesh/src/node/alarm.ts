import type { Clock } from '@muster/runtime/clock.ts'

/** One wait that can be made shorter while it lasts. */
export interface Alarm {
  /** Resolves at that monotonic time, or earlier by `hasten`. @throws `signal.reason` */
  wait(until: number, signal: AbortSignal): Promise<void>
  /** The wait that is under way ends then, if that is earlier. */
  hasten(until: number): void
}

/** Nobody waits. */
export function createAlarm(clock: Pick<Clock, 'monotonic' | 'sleep'>): Alarm {
  let due = Number.POSITIVE_INFINITY
  let shortened: AbortController | undefined
  return {
    async wait(until, signal) {
      due = until
      const end = () => shortened?.abort()
      // One listener for each wait, taken away after it: the signal lives as long as the process.
      signal.addEventListener('abort', end)
      try {
        while (clock.monotonic() < due && !signal.aborted) {
          shortened = new AbortController()
          await clock.sleep(due - clock.monotonic(), shortened.signal).catch(() => undefined)
        }
      } finally {
        signal.removeEventListener('abort', end)
      }
      signal.throwIfAborted()
    },
    hasten(until) {
      if (until >= due) return
      due = until
      shortened?.abort()
    },
  }
}
