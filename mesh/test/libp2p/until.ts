import { systemClock } from '@muster/runtime/clock.ts'

/** How long what happens between sockets may take before the test says that it does not come true. */
const TIMEOUT_MS = 30_000
/** Between two looks. */
const LOOK_EVERY_MS = 20

/**
 * Waits until a look finds something: for tests over real sockets only, where nothing tells.
 *
 * @param what - ends the sentence "waited in vain for …"
 * @param look - gives what was waited for, or undefined as long as it is not there
 */
export async function until<T>(what: string, look: () => T | undefined): Promise<T> {
  const deadline = systemClock.monotonic() + TIMEOUT_MS
  for (;;) {
    const found = look()
    if (found !== undefined) return found
    if (systemClock.monotonic() > deadline) throw new Error(`waited in vain for ${what}`)
    await systemClock.sleep(LOOK_EVERY_MS)
  }
}
