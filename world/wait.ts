import { systemClock } from '@muster/runtime/clock.ts'

/** Between two looks: fine enough to measure seconds. */
const LOOK_EVERY_MS = 50
/** Far above what anything takes: the machine may be busy with other work. */
const LIMIT_MS = 90_000

/** What was found, and how long it took; undefined when it did not come. */
export interface Found<T> {
  readonly value: T
  readonly afterMs: number
}

/**
 * Looks again and again at what another process does, until a look finds something.
 *
 * @returns undefined after 90 seconds
 * @throws the reason of the signal
 */
export async function lookFor<T>(
  look: () => Promise<T | undefined>,
  signal: AbortSignal,
): Promise<Found<T> | undefined> {
  const begunAt = systemClock.monotonic()
  for (;;) {
    const value = await look()
    const afterMs = systemClock.monotonic() - begunAt
    if (value !== undefined) return { value, afterMs }
    if (afterMs > LIMIT_MS) return undefined
    await systemClock.sleep(LOOK_EVERY_MS, signal)
  }
}
