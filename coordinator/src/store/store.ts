import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createTurns } from '@muster/mesh/turns.ts'
import { Kysely, sql } from 'kysely'
import { type MigrationState, migrate, readMigrations } from './migrate.ts'
import { createPostgresDialect } from './postgres-dialect.ts'
import { createPostgresNotices } from './postgres-notices.ts'
import { createPrivateFile } from './private-file.ts'
import { createRepositories, type Repositories } from './repositories.ts'
import { createSqliteDialect, openSqlite } from './sqlite-dialect.ts'
import { StoreError } from './store-error.ts'
import type { Tables } from './tables.ts'

/** A transaction: all queries, and topics to notify once it is committed. */
export interface Transaction extends Repositories {
  /** Wakes those who wait for this topic, after the commit. */
  notify(topic: string): void
}

/** The coordinator's memory. */
export interface Store {
  readonly kind: 'sqlite' | 'postgres'
  /** Queries outside of a transaction. */
  readonly read: Repositories
  /**
   * Runs a task in one transaction; what it throws rolls back. Resolves after the commit is durable and the notices
   * were given.
   */
  write<T>(task: (tx: Transaction) => Promise<T>): Promise<T>
  /**
   * Hears the topics of changes that this process has committed, and those of others while `follow` runs; the topic of
   * an account's events is its id. EVERY_TOPIC stands for all.
   */
  onCommit(listener: (topic: string) => void): void
  /**
   * Hears what other processes commit, until the signal aborts. What was missed before counts as a change of every
   * topic. Absent when no other process serves from this store.
   *
   * @throws when the connection is lost; then call it again
   */
  readonly follow: ((signal: AbortSignal) => Promise<void>) | undefined
  migrations(): Promise<MigrationState>
  /** @throws {StoreError} too-new, unusable */
  migrate(): Promise<readonly string[]>
  /** Asks the database to answer; throws when it does not. */
  ping(): Promise<void>
  /** Copies a consistent state into a new file while in use. SQLite only. */
  copyTo(file: string): Promise<void>
  /** Messages of the database's own check of its file; empty when sound. */
  integrity(): Promise<readonly string[]>
  close(): Promise<void>
}

/** Where the data is: a folder with the embedded database, or a server. */
export type StoreLocation =
  | { readonly kind: 'sqlite'; readonly folder: string }
  | { readonly kind: 'postgres'; readonly url: string }

/** What listeners are told when any topic may have changed. */
export const EVERY_TOPIC = '*'

/** Name of the embedded database in the data folder. */
export const SQLITE_FILE = 'muster.sqlite'

/**
 * Opens a store; does not migrate it.
 *
 * @param options - `mustExist`: an embedded store that is not there is an error and not made
 * @throws {StoreError} unusable — folder or file cannot be opened
 */
export async function openStore(
  location: StoreLocation,
  options: { readonly mustExist?: boolean } = {},
): Promise<Store> {
  if (location.kind === 'postgres') return openOnServer(location.url)
  const file = join(location.folder, SQLITE_FILE)
  if (options.mustExist === true && !existsSync(file)) {
    throw new StoreError('unusable', `there is no store in ${location.folder}`, {
      hint: 'Name its folder with --data, or make one with `muster-coordinator migrate`.',
    })
  }
  try {
    await mkdir(location.folder, { recursive: true, mode: 0o700 })
    await createPrivateFile(file)
    const database = openSqlite(file)
    const db = new Kysely<Tables>({ dialect: createSqliteDialect(database) })
    return {
      ...createStore('sqlite', db, createWrites(db)),
      copyTo: async (copy) => void (await database.backup(copy)),
    }
  } catch (cause) {
    throw new StoreError('unusable', `the store ${file} cannot be opened: ${messageOf(cause)}`, {
      cause,
      hint: 'Check that the folder is writable for this user and that the disk is not full.',
    })
  }
}

async function openOnServer(url: string): Promise<Store> {
  try {
    const db = new Kysely<Tables>({ dialect: createPostgresDialect(url) })
    const notices = createPostgresNotices(url)
    // Those of this process wait here and not in the server, where each would hold a connection.
    const inTurn = createTurns()
    const { write, onCommit, tell } = createWrites(db, notices.announce)
    await sql`select 1`.execute(db)
    return {
      ...createStore('postgres', db, { write: (task) => inTurn(() => write(task)), onCommit }),
      follow: (signal) => notices.follow(tell, () => tell(EVERY_TOPIC), signal),
    }
  } catch (cause) {
    throw new StoreError('unusable', `the PostgreSQL server of DATABASE_URL cannot be used: ${messageOf(cause)}`, {
      cause,
      hint: 'Check the address, user and database in DATABASE_URL, and that the server answers from here.',
    })
  }
}

/** Transactions, and those who want to hear of them. */
interface Writes extends Pick<Store, 'write' | 'onCommit'> {
  /** Tells the listeners of a change. */
  tell(topic: string): void
}

/** @param announce - tells other processes, within the transaction */
function createWrites(
  db: Kysely<Tables>,
  announce: (trx: Kysely<Tables>, topics: ReadonlySet<string>) => Promise<void> = async () => undefined,
): Writes {
  const listeners: ((topic: string) => void)[] = []
  const tell = (topic: string) => {
    for (const listener of listeners) listener(topic)
  }
  return {
    tell,
    onCommit: (listener) => listeners.push(listener),
    async write(task) {
      const topics = new Set<string>()
      const result = await db.transaction().execute(async (trx) => {
        const repositories = createRepositories(trx, { account: (id) => topics.add(id) })
        const done = await task({ ...repositories, notify: (topic) => topics.add(topic) })
        await announce(trx, topics)
        return done
      })
      for (const topic of topics) tell(topic)
      return result
    },
  }
}

function createStore(
  kind: Store['kind'],
  db: Kysely<Tables>,
  { write, onCommit }: Pick<Writes, 'write' | 'onCommit'>,
): Store {
  return {
    kind,
    read: createRepositories(db, { account: () => undefined }),
    write,
    onCommit,
    follow: undefined,
    migrations: () => readMigrations(db),
    migrate: () => migrate(db),
    async ping() {
      await sql`select 1`.execute(db)
    },
    async copyTo() {
      throw new StoreError('unusable', 'a PostgreSQL store is copied with the tools of the server', {
        hint: 'Use pg_dump.',
      })
    },
    async integrity() {
      if (kind !== 'sqlite') return []
      const { rows } = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(db)
      return rows.map((row) => row.integrity_check).filter((line) => line !== 'ok')
    },
    close: () => db.destroy(),
  }
}

/** An error of a connection may have a code alone. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.message === '' && 'code' in error ? String(error.code) : error.message
}
