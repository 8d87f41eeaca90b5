import type { Clock } from '@muster/runtime/clock.ts'
import type { Random } from '@muster/runtime/random.ts'
import { retry } from '@muster/runtime/retry.ts'

/** Between tries to listen: a program that is restarted gives its port back soon. */
const LISTEN_AGAIN = { baseMs: 1_000, maxMs: 60_000 }

/** What trying again stands on. */
export interface ListenerParts {
  readonly clock: Clock
  readonly random: Random
  readonly signal: AbortSignal
  /** Told of the first failure only: that an address is taken is no news a minute later. */
  readonly onTrouble: (error: unknown) => void
}

/**
 * Opens what listens at an address, as often as it takes: the agent goes on without.
 *
 * @throws what the signal was aborted with
 */
export function openListener<T>(open: () => Promise<T>, parts: ListenerParts): Promise<T> {
  const { clock, random, signal, onTrouble } = parts
  let isTold = false
  const onRetry = (error: unknown) => {
    if (!isTold) onTrouble(error)
    isTold = true
  }
  return retry(open, { attempts: Number.POSITIVE_INFINITY, ...LISTEN_AGAIN, clock, random, signal, onRetry })
}
