/** A first-in first-out queue that never holds more than its capacity. */
export interface BoundedQueue<T> {
  /** Adds an item; false when the queue is full, and the item is not taken. */
  push(item: T): boolean
  /**
   * The oldest item, as soon as there is one. Several takers are served in order.
   *
   * @throws `signal.reason` when aborted while waiting
   */
  take(signal: AbortSignal): Promise<T>
  readonly size: number
}

/** @param options.capacity - items held at most, 1 or more */
export function createBoundedQueue<T>(options: { readonly capacity: number }): BoundedQueue<T> {
  const items: T[] = []
  const takers: ((item: T) => void)[] = []
  return {
    push(item) {
      const taker = takers.shift()
      if (taker !== undefined) {
        taker(item)
        return true
      }
      if (items.length >= options.capacity) return false
      items.push(item)
      return true
    },
    take(signal) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) {
          reject(signal.reason)
          return
        }
        if (items.length > 0) {
          resolve(items.shift() as T)
          return
        }
        const onAbort = () => {
          takers.splice(takers.indexOf(taker), 1)
          reject(signal.reason)
        }
        const taker = (item: T) => {
          signal.removeEventListener('abort', onAbort)
          resolve(item)
        }
        takers.push(taker)
        signal.addEventListener('abort', onAbort, { once: true })
      })
    },
    get size() {
      return items.length
    },
  }
}
