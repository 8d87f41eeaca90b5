/** Tells whoever waits that something has changed; remembers nothing. */
export interface Bell {
  ring(): void
  /** Resolves at the next ring; rejects with the signal's reason when aborted. */
  rung(signal: AbortSignal): Promise<void>
}

/** A bell for any number of listeners. */
export function createBell(): Bell {
  let next = Promise.withResolvers<void>()
  return {
    ring() {
      next.resolve()
      next = Promise.withResolvers<void>()
    },
    rung(signal) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) {
          reject(signal.reason)
          return
        }
        const onAbort = () => reject(signal.reason)
        signal.addEventListener('abort', onAbort, { once: true })
        next.promise.then(() => {
          signal.removeEventListener('abort', onAbort)
          resolve()
        })
      })
    },
  }
}
