import { EVERY_TOPIC } from './store/store.ts'

/** One waiter's view of a topic. */
export interface Subscription {
  /** Resolves at once when the topic was notified since the last `wait`, else at the next notice or abort. Never rejects. */
  wait(signal: AbortSignal): Promise<void>
  close(): void
}

/** Notices of this process, for those of its requests that wait for a change. */
export interface Wakeups {
  /** Notices from now on count, so that what is committed between reading and waiting is not missed. */
  subscribe(topic: string): Subscription
  /** @param topic - EVERY_TOPIC wakes all */
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
      const all = topic === EVERY_TOPIC ? [...topics.values()] : [topics.get(topic) ?? []]
      for (const listeners of all) for (const listener of listeners) listener()
    },
    get size() {
      return size
    },
  }
}
