import type { Log } from '@muster/runtime/log.ts'

/** Functions that are told of something, until each stops. */
export interface Listeners<T> {
  /** @returns stops */
  add(listener: (value: T) => void): () => void
  /** One that throws does not keep the others from hearing. */
  tell(value: T): void
}

/** Nobody listens. */
export function createListeners<T>(log: Log): Listeners<T> {
  const listeners = new Set<{ readonly hear: (value: T) => void }>()
  return {
    add(hear) {
      const entry = { hear }
      listeners.add(entry)
      return () => void listeners.delete(entry)
    },
    tell(value) {
      for (const { hear } of [...listeners]) {
        try {
          hear(value)
        } catch (error) {
          log.error({ error }, 'Who listens to the mesh has failed')
        }
      }
    },
  }
}
