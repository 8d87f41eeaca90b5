import { type Dialect, PostgresDialect } from 'kysely'
import { Pool, types } from 'pg'

/** Connections one coordinator holds at most. */
const POOL_SIZE = 10
/** PostgreSQL's type number of bigint. */
const INT8 = 20

/**
 * The query builder's dialect on a PostgreSQL server.
 *
 * @param url - `postgres://…`, from DATABASE_URL
 */
export function createPostgresDialect(url: string): Dialect {
  const pool = new Pool({
    connectionString: url,
    max: POOL_SIZE,
    types: {
      // Times and counts stay below 2^53, so numbers hold them exactly.
      getTypeParser: (id, format) => (id === INT8 ? Number : types.getTypeParser(id, format)),
    },
  })
  return new PostgresDialect({ pool })
}
