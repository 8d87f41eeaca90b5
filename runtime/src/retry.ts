import type { Clock } from './clock.ts'
import type { Random } from './random.ts'

/** Waiting times that double from `baseMs` to `maxMs`. */
export interface Backoff {
  readonly baseMs: number
  readonly maxMs: number
}

/** How a task is repeated after failures. */
export interface RetryOptions extends Backoff {
  /** Tries in all, 1 or more; Infinity to go on for ever. */
  readonly attempts: number
  readonly clock: Clock
  readonly random: Random
  readonly signal: AbortSignal
  /** Whether another try can help. @default always */
  readonly isRetryable?: (error: unknown) => boolean
  /** Told before each wait. */
  readonly onRetry?: (error: unknown, waitMs: number) => void
}

/**
 * Wait before try `attempt + 1`: `baseMs * 2^attempt`, at most `maxMs`, then ±20 % so that many do not come at once.
 *
 * @param attempt - failures so far minus one, 0 or more
 */
export function backoffMs(attempt: number, backoff: Backoff, random: Random): number {
  const full = Math.min(backoff.maxMs, backoff.baseMs * 2 ** Math.min(attempt, 52))
  return Math.round(full * (0.8 + 0.4 * random.fraction()))
}

/**
 * Runs a task until it succeeds.
 *
 * @throws the last error when the tries are used up or it is not retryable; `signal.reason` when aborted
 */
export async function retry<T>(
  task: (attempt: number, signal: AbortSignal) => Promise<T>,
  options: RetryOptions,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    options.signal.throwIfAborted()
    try {
      return await task(attempt, options.signal)
    } catch (error) {
      options.signal.throwIfAborted()
      const isLast = attempt + 1 >= options.attempts
      if (isLast || options.isRetryable?.(error) === false) throw error
      const waitMs = backoffMs(attempt, options, options.random)
      options.onRetry?.(error, waitMs)
      await options.clock.sleep(waitMs, options.signal)
    }
  }
}
