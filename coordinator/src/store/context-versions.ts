import type { StoredVersion } from './contexts.ts'
import type { Db, PageRequest } from './query.ts'

/** The versions of contexts, which never change. Callers have checked the owner of the context. */
export interface ContextVersionStore {
  insert(version: StoredVersion, body: string): Promise<void>
  find(contextId: string, version: number): Promise<StoredVersion | undefined>
  /** The latest versions of several contexts, in no order. */
  latestOf(contexts: readonly { readonly id: string }[]): Promise<readonly StoredVersion[]>
  body(contextId: string, version: number): Promise<string | undefined>
  /** Newest first; `after` is a version in decimal. */
  list(contextId: string, page: PageRequest): Promise<readonly StoredVersion[]>
}

const COLUMNS = [
  'context_id as contextId',
  'version',
  'format',
  'note',
  'digest',
  'size_bytes as sizeBytes',
  'created_at as createdAt',
] as const

/** Creates the queries of the versions. */
export function createContextVersionStore(db: Db): ContextVersionStore {
  return {
    async insert(version, body) {
      await db
        .insertInto('context_versions')
        .values({
          context_id: version.contextId,
          version: version.version,
          format: version.format,
          note: version.note,
          digest: version.digest,
          size_bytes: version.sizeBytes,
          created_at: version.createdAt,
          body,
        })
        .execute()
    },
    find: (contextId, version) =>
      db
        .selectFrom('context_versions')
        .select(COLUMNS)
        .where('context_id', '=', contextId)
        .where('version', '=', version)
        .executeTakeFirst(),
    async latestOf(contexts) {
      if (contexts.length === 0) return []
      return db
        .selectFrom('context_versions')
        .innerJoin('contexts', (join) =>
          join
            .onRef('contexts.id', '=', 'context_versions.context_id')
            .onRef('contexts.latest_version', '=', 'context_versions.version'),
        )
        .select(['context_id as contextId', 'version', 'format', 'note', 'digest', 'size_bytes as sizeBytes'])
        .select('context_versions.created_at as createdAt')
        .where(
          'contexts.id',
          'in',
          contexts.map((context) => context.id),
        )
        .execute()
    },
    async body(contextId, version) {
      const row = await db
        .selectFrom('context_versions')
        .select('body')
        .where('context_id', '=', contextId)
        .where('version', '=', version)
        .executeTakeFirst()
      return row?.body
    },
    async list(contextId, page) {
      let query = db.selectFrom('context_versions').select(COLUMNS).where('context_id', '=', contextId)
      if (page.after !== undefined) query = query.where('version', '<', Number(page.after))
      return query.orderBy('version', 'desc').limit(page.limit).execute()
    },
  }
}
