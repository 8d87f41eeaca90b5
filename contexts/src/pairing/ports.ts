/** Source of unpredictable bytes, passed in: the runtime's `Random`, or `crypto.getRandomValues` in a page. */
export interface RandomBytes {
  bytes(length: number): Uint8Array
}

/** Time as the polling code needs it, passed in: the runtime's `Clock`, or a page's own. */
export interface PollClock {
  /** Milliseconds that never go back. */
  monotonic(): number
  /** Rejects with `signal.reason` when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}
