import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Clusters with their definitions, and what the coordinator keeps as a member and issuer of each. */
export const clusters: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('clusters')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('owner_id', 'text', (c) => c.notNull().references('accounts.id'))
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('coordinator', 'text', (c) => c.notNull())
      .addColumn('version', 'bigint', (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('updated_at', 'bigint', (c) => c.notNull())
      .addUniqueConstraint('clusters_name', ['owner_id', 'name'])
      .execute()
    await ofCluster(db, 'cluster_definitions', 'cluster_definitions_key', 'version')
      .addColumn('token', 'text', (c) => c.notNull())
      .addColumn('content', 'text', (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .execute()
    await ofCluster(db, 'join_token_entries', 'join_token_entries_key', 'sequence')
      .addColumn('entry', 'text', (c) => c.notNull())
      .execute()
    await ofCluster(db, 'cluster_revocations', 'cluster_revocations_key', 'issuer', 'text')
      .addColumn('version', 'bigint', (c) => c.notNull())
      .addColumn('token', 'text', (c) => c.notNull())
      .execute()
    await ofCluster(db, 'cluster_notes', 'cluster_notes_key', 'name', 'text')
      .addColumn('value', 'text', (c) => c.notNull())
      .execute()
  },
}

/** A table whose rows belong to a cluster, and end with it. */
function ofCluster(
  db: Kysely<unknown>,
  table: string,
  constraint: string,
  key: string,
  type: 'bigint' | 'text' = 'bigint',
) {
  return db.schema
    .createTable(table)
    .addColumn('cluster_id', 'text', (c) => c.notNull().references('clusters.id').onDelete('cascade'))
    .addColumn(key, type, (c) => c.notNull())
    .addPrimaryKeyConstraint(constraint, ['cluster_id', key])
}
