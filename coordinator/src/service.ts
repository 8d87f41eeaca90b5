import type { Clock } from '@muster/runtime/clock.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { Random } from '@muster/runtime/random.ts'
import { repeat } from '@muster/runtime/repeat.ts'
import type { Service } from '@muster/runtime/service.ts'
import type { App } from './parts.ts'
import type { Store } from './store/store.ts'

/** Where to listen; port 0 takes a free one. */
export interface ListenAddress {
  readonly host: string
  readonly port: number
}

/**
 * The server as a part of the daemon: ready once it listens; when it stops, streams and waiting requests end, and
 * requests that were begun are answered.
 *
 * @param onListening - told the origin that it listens at
 */
export function createCoordinatorService(
  app: App,
  address: ListenAddress,
  onListening: (origin: string) => void,
): Service {
  return {
    name: 'http',
    async run({ signal, ready }) {
      try {
        const origin = await app.listen(address)
        onListening(origin)
        ready()
        await new Promise<void>((resolve) => {
          if (signal.aborted) resolve()
          signal.addEventListener('abort', () => resolve(), { once: true })
        })
      } finally {
        await app.close()
      }
    },
  }
}

/** Closes the store when everything that uses it has ended; comes first in the list of services. */
export function createStoreService(store: Store): Service {
  return {
    name: 'store',
    async run({ signal, ready }) {
      ready()
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
      await store.close()
    },
  }
}

/** After the connection was lost, it is made anew so soon. */
const FOLLOW_AGAIN_MS = 2000

/**
 * Hears what other replicas commit, so that requests that wait here are answered at once. Without it they are answered
 * late, when they look again: so a lost connection is logged and made anew.
 */
export function createFollower(
  follow: NonNullable<Store['follow']>,
  deps: { readonly clock: Clock; readonly random: Random; readonly log: Log },
): Service {
  return {
    name: 'follower',
    async run({ signal, ready }) {
      ready()
      const round = async () => {
        await follow(signal).catch((error: unknown) => {
          if (!signal.aborted) deps.log.warn({ error }, 'changes of other replicas are not heard')
        })
      }
      await repeat(round, { everyMs: FOLLOW_AGAIN_MS, jitter: 0.2, signal, ...deps })
    },
  }
}
