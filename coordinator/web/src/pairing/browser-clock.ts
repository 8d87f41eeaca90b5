import type { PollClock } from '@muster/contexts/pairing/ports.ts'

/** Time of the browser, for polling. */
export const browserClock: PollClock = {
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason)
        return
      }
      const stop = () => {
        window.clearTimeout(timer)
        reject(signal?.reason)
      }
      const timer = window.setTimeout(() => {
        signal?.removeEventListener('abort', stop)
        resolve()
      }, ms)
      signal?.addEventListener('abort', stop, { once: true })
    }),
}
