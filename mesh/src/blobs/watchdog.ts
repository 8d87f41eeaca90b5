import type { Clock } from '@muster/runtime/clock.ts'

/** Looks after a conversation that has to go on. */
export interface Watchdog {
  /** Something has moved: the time begins anew. */
  fed(): void
  stop(): void
}

/** Calls `bark` once when nothing has moved for `ms`. One timer, however often it is fed. */
export function createWatchdog(clock: Clock, ms: number, bark: () => void): Watchdog {
  const stopped = new AbortController()
  let fedAt = clock.monotonic()
  const watch = async () => {
    for (let left = ms; left > 0; left = fedAt + ms - clock.monotonic()) await clock.sleep(left, stopped.signal)
    bark()
  }
  // Rejects only when it is stopped.
  watch().catch(() => undefined)
  return {
    fed() {
      fedAt = clock.monotonic()
    },
    stop: () => stopped.abort(),
  }
}
