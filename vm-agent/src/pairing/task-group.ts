/** Tasks that run beside each other until a signal aborts. */
export interface TaskGroup {
  /** Starts a task; its rejection after the abort is its answer to it. */
  start(task: (signal: AbortSignal) => Promise<void>): void
  /** Rejects with the first failure; never resolves. */
  readonly failure: Promise<never>
  /** Resolves when no task runs. */
  settled(): Promise<void>
}

/** A group whose tasks get `signal`. */
export function createTaskGroup(signal: AbortSignal): TaskGroup {
  const running = new Set<Promise<void>>()
  const failed = Promise.withResolvers<never>()
  // Whoever runs the group awaits it; until then a failure must not end the process.
  failed.promise.catch(() => undefined)
  return {
    failure: failed.promise,
    start(task) {
      const run = (async () => task(signal))().catch((error: unknown) => {
        if (!signal.aborted) failed.reject(error)
      })
      running.add(run)
      void run.finally(() => running.delete(run))
    },
    async settled() {
      while (running.size > 0) await Promise.all(running)
    },
  }
}
