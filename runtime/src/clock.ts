/** Time as the programs see it: the only way to ask for it or to wait, so that tests can own it. */
export interface Clock {
  /** Epoch milliseconds of the wall clock; may jump. */
  now(): number
  /** Milliseconds since some start; never goes back. For durations. */
  monotonic(): number
  /**
   * Resolves after `ms` milliseconds.
   *
   * @param ms - 0 or more
   * @param signal - its abort rejects at once with `signal.reason`
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** Longest wait that node's timers take, 2^31 - 1 ms; longer sleeps are made of pieces. */
const LONGEST_TIMER_MS = 2_147_483_647

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  async sleep(ms, signal) {
    signal?.throwIfAborted()
    let left = Math.max(0, ms)
    do {
      const piece = Math.min(left, LONGEST_TIMER_MS)
      await timer(piece, signal)
      left -= piece
    } while (left > 0)
  },
}

/** Most waits are deadlines that are taken back: an error with a stack for each, as node's own promise makes it, costs. */
function timer(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timeout)
      reject(signal?.reason)
    }
    const timeout = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }, ms)
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/** Why a deadline's timer ends early; nobody sees it. */
const TAKEN_BACK = new DOMException('the deadline was taken back', 'AbortError')

/** A deadline that can be taken back. */
export interface Deadline {
  /** Aborts at the deadline with a `TimeoutError`, or earlier with the parent. */
  readonly signal: AbortSignal
  /** Ends the wait; call it when the work is done. */
  cancel(): void
}

/** Makes a signal that aborts after `ms`, or with `parent`, whichever comes first. */
export function timeoutSignal(clock: Clock, ms: number, parent?: AbortSignal): Deadline {
  const expired = new AbortController()
  const cancelled = new AbortController()
  clock.sleep(ms, cancelled.signal).then(
    () => expired.abort(new DOMException(`no answer within ${ms} ms`, 'TimeoutError')),
    () => undefined,
  )
  const signal = parent === undefined ? expired.signal : AbortSignal.any([expired.signal, parent])
  return { signal, cancel: () => cancelled.abort(TAKEN_BACK) }
}
