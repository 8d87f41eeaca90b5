/** Tells whoever waits that something has changed; remembers nothing. */
export interface Bell {
  ring(): void
  /** Resolves at the next ring; rejects with the signal's reason when aborted. */
  rung(signal: AbortSignal): Promise<void>
}

/** A bell for any number of listeners; one that gives up is forgotten, so that none gather over the months. */
export function createBell(): Bell {
  const listeners = new Set<() => void>()
  return {
    ring() {
      const waiting = [...listeners]
      listeners.clear()
      for (const listener of waiting) listener()
    },
    rung(signal) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) {
          reject(signal.reason)
          return
        }
        const onAbort = () => {
          listeners.delete(onRing)
          reject(signal.reason)
        }
        const onRing = () => {
          signal.removeEventListener('abort', onAbort)
          resolve()
        }
        signal.addEventListener('abort', onAbort, { once: true })
        listeners.add(onRing)
      })
    },
  }
}
