import type { TokenEntry } from '@muster/mesh/admission/join-token.ts'
import type { Db } from './query.ts'

/** A signed revocation list of one issuer. */
export interface StoredRevocations {
  readonly issuer: string
  readonly version: number
  /** Compact JWS. */
  readonly token: string
}

/** What the coordinator keeps as a member and as the issuer of a cluster. */
export interface ClusterKeepingStore {
  /** Entries of the issuer's journal, in the order in which they were added. */
  entries(clusterId: string): Promise<readonly TokenEntry[]>
  /** Adds entries at the journal's end. The cluster must exist; two programs must not append at once. */
  append(clusterId: string, entries: readonly TokenEntry[]): Promise<void>
  clearEntries(clusterId: string): Promise<void>
  revocations(clusterId: string): Promise<readonly StoredRevocations[]>
  /** Keeps a list when it is newer than the stored one of its issuer. @returns whether it was */
  saveRevocations(clusterId: string, list: StoredRevocations): Promise<boolean>
  note(clusterId: string, name: NoteName): Promise<string | undefined>
  saveNote(clusterId: string, name: NoteName, value: string): Promise<void>
}

/** Small things that are replaced as a whole: peers to dial again, and the number of the last start. */
export type NoteName = 'remembered' | 'boot'

/** Creates the queries. */
export function createClusterKeepingStore(db: Db): ClusterKeepingStore {
  return { ...createEntryQueries(db), ...createRevocationQueries(db), ...createNoteQueries(db) }
}

function createEntryQueries(db: Db): Pick<ClusterKeepingStore, 'entries' | 'append' | 'clearEntries'> {
  return {
    async entries(clusterId) {
      const rows = await db
        .selectFrom('join_token_entries')
        .select('entry')
        .where('cluster_id', '=', clusterId)
        .orderBy('sequence')
        .execute()
      return rows.map((row): TokenEntry => JSON.parse(row.entry))
    },
    async append(clusterId, entries) {
      if (entries.length === 0) return
      const last = await db
        .selectFrom('join_token_entries')
        .select((eb) => eb.fn.max('sequence').as('sequence'))
        .where('cluster_id', '=', clusterId)
        .executeTakeFirst()
      const start = Number(last?.sequence ?? 0) + 1
      const rows = entries.map((entry, index) => ({
        cluster_id: clusterId,
        sequence: start + index,
        entry: JSON.stringify(entry),
      }))
      await db.insertInto('join_token_entries').values(rows).execute()
    },
    async clearEntries(clusterId) {
      await db.deleteFrom('join_token_entries').where('cluster_id', '=', clusterId).execute()
    },
  }
}

function createRevocationQueries(db: Db): Pick<ClusterKeepingStore, 'revocations' | 'saveRevocations'> {
  return {
    async revocations(clusterId) {
      return db
        .selectFrom('cluster_revocations')
        .select(['issuer', 'version', 'token'])
        .where('cluster_id', '=', clusterId)
        .orderBy('issuer')
        .execute()
    },
    async saveRevocations(clusterId, list) {
      const result = await db
        .insertInto('cluster_revocations')
        .values({ cluster_id: clusterId, ...list })
        .onConflict((conflict) =>
          conflict
            .columns(['cluster_id', 'issuer'])
            .doUpdateSet({ version: list.version, token: list.token })
            .where('cluster_revocations.version', '<', list.version),
        )
        .executeTakeFirst()
      return (result.numInsertedOrUpdatedRows ?? 0n) > 0n
    },
  }
}

function createNoteQueries(db: Db): Pick<ClusterKeepingStore, 'note' | 'saveNote'> {
  return {
    async note(clusterId, name) {
      const row = await db
        .selectFrom('cluster_notes')
        .select('value')
        .where('cluster_id', '=', clusterId)
        .where('name', '=', name)
        .executeTakeFirst()
      return row?.value
    },
    async saveNote(clusterId, name, value) {
      await db
        .insertInto('cluster_notes')
        .values({ cluster_id: clusterId, name, value })
        .onConflict((conflict) => conflict.columns(['cluster_id', 'name']).doUpdateSet({ value }))
        .execute()
    },
  }
}
