import type { Kysely } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import { initial } from './migrations/0001-initial.ts'
import { clusters } from './migrations/0002-clusters.ts'
import { StoreError } from './store-error.ts'
import type { Tables } from './tables.ts'

/** Every migration in order; the name is what the store remembers, so it never changes. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-initial': initial,
  '0002-clusters': clusters,
}

/** What a store has and lacks. */
export interface MigrationState {
  readonly applied: readonly string[]
  readonly pending: readonly string[]
}

/**
 * Compares a store with this program; changes nothing.
 *
 * @throws {StoreError} too-new — the store has a migration that this program does not know
 */
export async function readMigrations(db: Kysely<Tables>): Promise<MigrationState> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true })
  const known = Object.keys(MIGRATIONS)
  if (!tables.some((table) => table.name === 'kysely_migration')) return { applied: [], pending: known }
  const rows = await db
    .withTables<{ kysely_migration: { name: string } }>()
    .selectFrom('kysely_migration')
    .select('name')
    .orderBy('name')
    .execute()
  const applied = rows.map((row) => row.name)
  const unknown = applied.filter((name) => !known.includes(name))
  if (unknown.length > 0) {
    throw new StoreError('too-new', `the store was written by a newer program: it has ${unknown.join(', ')}`, {
      hint: 'Run the newer muster-coordinator, or restore a backup made by this one.',
      details: { unknown },
    })
  }
  return { applied, pending: known.filter((name) => !applied.includes(name)) }
}

/**
 * Brings a store forward to this program.
 *
 * @returns the names that were applied now
 * @throws {StoreError} too-new
 */
export async function migrate(db: Kysely<Tables>): Promise<readonly string[]> {
  const { pending } = await readMigrations(db)
  if (pending.length === 0) return []
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...MIGRATIONS }) } })
  const { error, results } = await migrator.migrateToLatest()
  if (error !== undefined) {
    throw new StoreError('unusable', 'the store could not be migrated; it is as it was', {
      cause: error,
      hint: 'Run `muster-coordinator doctor`; the log has the cause.',
    })
  }
  return (results ?? []).filter((result) => result.status === 'Success').map((result) => result.migrationName)
}
