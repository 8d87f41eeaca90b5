import SqliteDatabase from 'better-sqlite3'
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  SqliteDialect,
  type SqliteDialectConfig,
  SqliteDriver,
} from 'kysely'

/** How long a statement waits for another process (backup, `user add`) before it fails, in milliseconds. */
export const SQLITE_BUSY_TIMEOUT_MS = 5000

/**
 * Most texts whose prepared statement is kept. The queries here have some 200; lists of any length (`in (?, ?)`) make
 * more. A lower number prepares more often, a higher one takes some KiB of memory each.
 */
const MAX_KEPT_STATEMENTS = 500

/**
 * Opens the embedded database file with a commit that is on the disk before it is acknowledged.
 *
 * @param file - path, created when missing (in a folder that exists)
 */
export function openSqlite(file: string): SqliteDatabase.Database {
  const database = new SqliteDatabase(file, { timeout: SQLITE_BUSY_TIMEOUT_MS })
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = FULL')
  database.pragma('foreign_keys = ON')
  database.pragma('temp_store = MEMORY')
  return database
}

/** The query builder's dialect on an open database. */
export function createSqliteDialect(database: SqliteDatabase.Database): Dialect {
  const config = { database: keepStatements(database) }
  const plain = new SqliteDialect(config)
  return {
    createAdapter: () => plain.createAdapter(),
    createQueryCompiler: () => plain.createQueryCompiler(),
    createIntrospector: (db) => plain.createIntrospector(db),
    createDriver: () => new ImmediateDriver(config),
  }
}

/** Prepares each text once: to prepare a small query takes longer than to run it. The one unused longest goes first. */
function keepStatements(database: SqliteDatabase.Database): KyselyDatabase {
  const kept = new Map<string, ReturnType<KyselyDatabase['prepare']>>()
  return {
    close: () => void database.close(),
    prepare(sql) {
      const statement = kept.get(sql) ?? database.prepare(sql)
      kept.delete(sql)
      kept.set(sql, statement)
      for (const oldest of kept.keys()) {
        if (kept.size <= MAX_KEPT_STATEMENTS) break
        kept.delete(oldest)
      }
      return statement
    },
  }
}

type KyselyDatabase = Exclude<SqliteDialectConfig['database'], (...args: never[]) => unknown>

/**
 * Begins each transaction with the write lock. A deferred one that first reads and then writes fails at once when
 * another process has written in between; an immediate one waits for its turn.
 */
class ImmediateDriver extends SqliteDriver {
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'))
  }
}
