import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  PostgresDialect,
  PostgresDriver,
  type TransactionSettings,
} from 'kysely'
import { Pool, types } from 'pg'

/** Connections one coordinator holds at most, besides the one that hears of changes. */
const POOL_SIZE = 10
/** PostgreSQL's type number of bigint. */
const INT8 = 20
/** How long a transaction waits for its turn, and a request for a connection, before it fails, in milliseconds. */
const PATIENCE_MS = 5000
/** The server ends a transaction that does nothing for so long: a replica that vanished must not hold up the others. */
const IDLE_TRANSACTION_MS = 10_000
/** A connection that says nothing for so long is asked whether it is there. */
export const KEEP_ALIVE_MS = 10_000
/** Number of the lock that transactions take in turn; any, as long as all replicas use the same. */
const TURN_LOCK = 7_813_482_201

/**
 * The query builder's dialect on a PostgreSQL server.
 *
 * @param url - `postgres://…`, from DATABASE_URL
 * @throws when the url is none
 */
export function createPostgresDialect(url: string): Dialect {
  const pool = new Pool({
    connectionString: url,
    max: POOL_SIZE,
    application_name: 'muster-coordinator',
    connectionTimeoutMillis: PATIENCE_MS,
    lock_timeout: PATIENCE_MS,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    types: {
      // Times and counts stay below 2^53, so numbers hold them exactly.
      getTypeParser: (id, format) => (id === INT8 ? Number : types.getTypeParser(id, format)),
    },
  })
  // A connection that breaks fails the query that uses it, if any, and is replaced by the pool. Unheard, it would end
  // the process.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => void client.on('error', () => undefined))
  const config = { pool }
  const plain = new PostgresDialect(config)
  return {
    createAdapter: () => plain.createAdapter(),
    createQueryCompiler: () => plain.createQueryCompiler(),
    createIntrospector: (db) => plain.createIntrospector(db),
    createDriver: () => new TurnDriver(config),
  }
}

/**
 * Lets transactions take turns, those of all replicas, as SQLite's write lock does: what a transaction has read is so
 * until its end, and no two wait for each other. Queries outside of transactions wait for nobody.
 */
class TurnDriver extends PostgresDriver {
  override async beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    await super.beginTransaction(connection, settings)
    try {
      await connection.executeQuery(CompiledQuery.raw(`select pg_advisory_xact_lock(${TURN_LOCK})`))
    } catch (error) {
      // The query builder rolls back only what it knows to have begun.
      await connection.executeQuery(CompiledQuery.raw('rollback'))
      throw error
    }
  }
}
