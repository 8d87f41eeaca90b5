/** One waiter's view of a topic. */
export interface Subscription {
  /** Resolves at once when the topic was notified since the last `wait`, else at the next notice or abort. Never rejects. */
  wait(signal: AbortSignal): Promise<void>
  close(): void
}

/** In-process notices between the one that commits a change and those that wait for it. */
export interface Wakeups {
  /** Notices from now on count, so that what is committed between reading and waiting is not missed. */
  subscribe(topic: string): Subscription
  notify(topic: string): void
  /** Subscriptions that are open. */
  readonly size: number
}

/** Creates the notices of one process. */
export function createWakeups(): Wakeups {
  const topics = new Map<string, Set<() => void>>()
  let size = 0

  function subscribe(topic: string): Subscription {
    let isNotified = false
    let wake: () => void = () => undefined
    const listener = () => {
      isNotified = true
      wake()
    }
    const listeners = topics.get(topic) ?? new Set()
    topics.set(topic, listeners.add(listener))
    size += 1
    return {
      async wait(signal) {
        if (!isNotified && !signal.aborted) {
          const woken = Promise.withResolvers<void>()
          wake = woken.resolve
          signal.addEventListener('abort', wake, { once: true })
          await woken.promise
          signal.removeEventListener('abort', wake)
        }
        isNotified = false
      },
      close() {
        if (!listeners.delete(listener)) return
        size -= 1
        if (listeners.size === 0 && topics.get(topic) === listeners) topics.delete(topic)
      },
    }
  }

  return {
    subscribe,
    notify: (topic) => {
      for (const listener of topics.get(topic) ?? []) listener()
    },
    get size() {
      return size
    },
  }
}
