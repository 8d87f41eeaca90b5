import { randomUUID } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import { Client } from 'pg'
import { KEEP_ALIVE_MS } from './postgres-dialect.ts'
import type { Tables } from './tables.ts'

/** Name under which all coordinators of one database tell each other what was changed. */
const CHANNEL = 'muster'

/** Topics of committed changes, between the processes that use one database. */
export interface PostgresNotices {
  /** Tells the other processes when the transaction commits, and nobody when it does not. */
  announce(transaction: Kysely<Tables>, topics: ReadonlySet<string>): Promise<void>
  /**
   * Hears what other processes announce, on a connection of its own.
   *
   * @param listening - called once every notice from now on is heard
   * @returns after the abort
   * @throws when the connection cannot be made or is lost
   */
  follow(heard: (topic: string) => void, listening: () => void, signal: AbortSignal): Promise<void>
}

/** @param url - `postgres://…` */
export function createPostgresNotices(url: string): PostgresNotices {
  // Tells own notices, which this process has acted on already, from those of others.
  const origin = randomUUID()
  return {
    async announce(transaction, topics) {
      if (topics.size === 0) return
      const payloads = [...topics].map((topic) => `${origin} ${topic}`)
      await sql`select pg_notify(${CHANNEL}, payload) from unnest(${payloads}::text[]) as payload`.execute(transaction)
    },
    async follow(heard, listening, signal) {
      signal.throwIfAborted()
      const client = new Client({
        connectionString: url,
        application_name: 'muster-coordinator notices',
        keepAlive: true,
        keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
      })
      const { promise: ended, resolve, reject } = Promise.withResolvers<void>()
      ended.catch(() => undefined)
      client.on('error', reject)
      client.on('end', () => reject(new Error('the server has ended the connection')))
      client.on('notification', ({ payload = '' }) => {
        const [from = '', topic = ''] = payload.split(' ', 2)
        if (from !== origin) heard(topic)
      })
      const onAbort = () => resolve()
      signal.addEventListener('abort', onAbort, { once: true })
      try {
        await client.connect()
        await client.query(`listen ${CHANNEL}`)
        listening()
        await ended
      } finally {
        signal.removeEventListener('abort', onAbort)
        await client.end().catch(() => undefined)
      }
    },
  }
}
