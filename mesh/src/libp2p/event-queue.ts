/** Hands events on one after the other, never within the call that made them. */
export interface EventQueue<Event> {
  push(event: Event): void
  /** Nothing is handed on any more. */
  close(): void
}

/** @param handle - what it throws is a bug and ends the process */
export function createEventQueue<Event>(handle: (event: Event) => void): EventQueue<Event> {
  let isClosed = false
  return {
    push(event) {
      queueMicrotask(() => {
        if (!isClosed) handle(event)
      })
    },
    close() {
      isClosed = true
    },
  }
}
