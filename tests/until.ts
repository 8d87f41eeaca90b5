import { systemClock } from '@muster/runtime/clock.ts'

/** How long a condition between processes may take before the test says that it does not come true. */
const DEFAULT_TIMEOUT_MS = 30_000
/** Between two looks, unless a look costs more than a moment. */
const LOOK_EVERY_MS = 25

/** How patient and how eager a wait is. */
export interface UntilOptions {
  readonly timeoutMs?: number
  /** Time between two looks. */
  readonly everyMs?: number
}

/**
 * Waits until a look at another process finds something: for black-box tests only, where no event can be awaited.
 *
 * @param what - ends the sentence "waited in vain for …"
 * @param look - gives what was waited for, or undefined as long as it is not there
 */
export async function until<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  { timeoutMs = DEFAULT_TIMEOUT_MS, everyMs = LOOK_EVERY_MS }: UntilOptions = {},
): Promise<T> {
  const deadline = systemClock.monotonic() + timeoutMs
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (systemClock.monotonic() > deadline) throw new Error(`waited in vain for ${what} (${timeoutMs} ms)`)
    await systemClock.sleep(everyMs)
  }
}
