import type { Clock } from './clock.ts'
import type { Random } from './random.ts'

/** How a task is repeated. */
export interface RepeatOptions {
  /** From the end of one run to the start of the next, so that runs never overlap. */
  readonly everyMs: number
  /** Part of `everyMs` by which each wait is moved up or down, 0 to 1. */
  readonly jitter: number
  readonly clock: Clock
  readonly random: Random
  readonly signal: AbortSignal
}

/**
 * Runs a task again and again until the signal aborts; the first run is at once. Resolves after the abort.
 *
 * @throws what the task throws, unless aborted meanwhile
 */
export async function repeat(task: (signal: AbortSignal) => Promise<void>, options: RepeatOptions): Promise<void> {
  const { signal, everyMs, jitter, clock, random } = options
  while (!signal.aborted) {
    try {
      await task(signal)
      await clock.sleep(everyMs * (1 + jitter * (2 * random.fraction() - 1)), signal)
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }
}
