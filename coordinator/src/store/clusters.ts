import type { ClusterDefinition } from '@muster/contexts/wire/clusters.ts'
import type { Selectable } from 'kysely'
import type { Db, PageRequest } from './query.ts'
import type { ClustersTable } from './tables.ts'

/** A cluster without its definitions. */
export interface StoredCluster {
  readonly id: string
  readonly ownerId: string
  readonly name: string
  /** PeerId of the key that signed its definitions, the only one that its members trust. */
  readonly coordinator: string
  /** Of the latest definition; what the ETag shows. */
  readonly version: number
  readonly createdAt: number
  readonly updatedAt: number
}

/** One published definition; it never changes. */
export interface StoredDefinition {
  readonly clusterId: string
  readonly version: number
  /** Compact JWS. */
  readonly token: string
  readonly content: ClusterDefinition
  readonly createdAt: number
}

/** Clusters and their definitions; every query of a person names the owner, so that another's are not found. */
export interface ClusterStore {
  /** @returns false when the owner has a cluster of this name */
  insert(cluster: StoredCluster): Promise<boolean>
  find(ownerId: string, id: string): Promise<StoredCluster | undefined>
  list(ownerId: string, name: string | undefined, page: PageRequest): Promise<readonly StoredCluster[]>
  count(ownerId: string): Promise<number>
  /** @returns false when the version is not `fromVersion` any more */
  update(cluster: StoredCluster, fromVersion: number): Promise<boolean>
  /** With all that belongs to it. */
  remove(ownerId: string, id: string): Promise<void>
  /** @returns how many clusters */
  removeOfOwner(ownerId: string): Promise<number>
  /** Clusters of everybody, in order of their ids: for the part that takes part in their meshes. */
  all(): Promise<readonly StoredCluster[]>
  define(definition: StoredDefinition): Promise<void>
  /** The latest of each. */
  definitionsOf(clusters: readonly StoredCluster[]): Promise<readonly StoredDefinition[]>
  latestDefinition(clusterId: string): Promise<StoredDefinition | undefined>
}

/** Creates the queries of the clusters. */
export function createClusterStore(db: Db): ClusterStore {
  return {
    async insert(cluster) {
      const result = await db
        .insertInto('clusters')
        .values(toRow(cluster))
        .onConflict((conflict) => conflict.columns(['owner_id', 'name']).doNothing())
        .executeTakeFirst()
      return (result.numInsertedOrUpdatedRows ?? 0n) > 0n
    },
    async find(ownerId, id) {
      const query = db.selectFrom('clusters').selectAll().where('id', '=', id).where('owner_id', '=', ownerId)
      const row = await query.executeTakeFirst()
      return row === undefined ? undefined : fromRow(row)
    },
    async list(ownerId, name, page) {
      let query = db.selectFrom('clusters').selectAll().where('owner_id', '=', ownerId)
      if (name !== undefined) query = query.where('name', '=', name)
      if (page.after !== undefined) query = query.where('id', '<', page.after)
      const rows = await query.orderBy('id', 'desc').limit(page.limit).execute()
      return rows.map(fromRow)
    },
    async count(ownerId) {
      const row = await db
        .selectFrom('clusters')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('owner_id', '=', ownerId)
        .executeTakeFirstOrThrow()
      return Number(row.count)
    },
    async update({ id, ownerId, version, updatedAt }, fromVersion) {
      const result = await db
        .updateTable('clusters')
        .set({ version, updated_at: updatedAt })
        .where('id', '=', id)
        .where('owner_id', '=', ownerId)
        .where('version', '=', fromVersion)
        .executeTakeFirst()
      return result.numUpdatedRows > 0n
    },
    async remove(ownerId, id) {
      await db.deleteFrom('clusters').where('id', '=', id).where('owner_id', '=', ownerId).execute()
    },
    async removeOfOwner(ownerId) {
      const removed = await db.deleteFrom('clusters').where('owner_id', '=', ownerId).executeTakeFirst()
      return Number(removed.numDeletedRows)
    },
    async all() {
      return (await db.selectFrom('clusters').selectAll().orderBy('id').execute()).map(fromRow)
    },
    ...createDefinitionQueries(db),
  }
}

type DefinitionQueries = Pick<ClusterStore, 'define' | 'definitionsOf' | 'latestDefinition'>

function createDefinitionQueries(db: Db): DefinitionQueries {
  const select = () =>
    db
      .selectFrom('cluster_definitions')
      .innerJoin('clusters', (join) =>
        join
          .onRef('clusters.id', '=', 'cluster_definitions.cluster_id')
          .onRef('clusters.version', '=', 'cluster_definitions.version'),
      )
      .selectAll('cluster_definitions')
  const read = (row: Awaited<ReturnType<ReturnType<typeof select>['execute']>>[number]): StoredDefinition => ({
    clusterId: row.cluster_id,
    version: row.version,
    token: row.token,
    content: JSON.parse(row.content),
    createdAt: row.created_at,
  })
  return {
    async define({ clusterId, version, token, content, createdAt }) {
      const row = { cluster_id: clusterId, version, token, content: JSON.stringify(content), created_at: createdAt }
      await db.insertInto('cluster_definitions').values(row).execute()
    },
    async definitionsOf(clusters) {
      const ids = clusters.map(({ id }) => id)
      if (ids.length === 0) return []
      return (await select().where('clusters.id', 'in', ids).execute()).map(read)
    },
    async latestDefinition(clusterId) {
      const row = await select().where('clusters.id', '=', clusterId).executeTakeFirst()
      return row === undefined ? undefined : read(row)
    },
  }
}

function toRow(cluster: StoredCluster): Selectable<ClustersTable> {
  return {
    id: cluster.id,
    owner_id: cluster.ownerId,
    name: cluster.name,
    coordinator: cluster.coordinator,
    version: cluster.version,
    created_at: cluster.createdAt,
    updated_at: cluster.updatedAt,
  }
}

function fromRow(row: Selectable<ClustersTable>): StoredCluster {
  return {
    id: row.id,
    ownerId: row.owner_id,
    name: row.name,
    coordinator: row.coordinator,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
