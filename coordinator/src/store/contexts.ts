import type { ContextFormat } from '@muster/contexts/wire/contexts.ts'
import { type Selectable, sql } from 'kysely'
import type { Db, PageRequest } from './query.ts'
import type { ContextsTable } from './tables.ts'

/** A context without its versions. */
export interface StoredContext {
  readonly id: string
  readonly ownerId: string
  readonly name: string
  readonly description: string
  readonly latestVersion: number
  /** Counts changes of name, description and latest version; what the ETag shows. */
  readonly revision: number
  readonly createdAt: number
  readonly updatedAt: number
}

/** One immutable version without its body. */
export interface StoredVersion {
  readonly contextId: string
  readonly version: number
  readonly format: ContextFormat
  readonly note: string
  readonly digest: string
  readonly sizeBytes: number
  readonly createdAt: number
}

/** What a list of contexts is narrowed to. */
export interface ContextFilter {
  readonly name?: string
  readonly query?: string
}

/** The contexts and their versions; every query names the owner, so that another's are not found. */
export interface ContextStore {
  /** @returns false when the owner has a context of this name */
  insert(context: StoredContext): Promise<boolean>
  find(ownerId: string, id: string): Promise<StoredContext | undefined>
  list(ownerId: string, filter: ContextFilter, page: PageRequest): Promise<readonly StoredContext[]>
  count(ownerId: string): Promise<number>
  nameIsTaken(ownerId: string, name: string, exceptId: string): Promise<boolean>
  /** @returns false when the revision is not `fromRevision` any more */
  update(context: StoredContext, fromRevision: number): Promise<boolean>
  remove(ownerId: string, id: string): Promise<void>
  /** Removes all with their versions. @returns how many contexts */
  removeOfOwner(ownerId: string): Promise<number>
}

/** Creates the queries of the contexts. */
export function createContextStore(db: Db): ContextStore {
  return {
    async insert(context) {
      const result = await db
        .insertInto('contexts')
        .values(toRow(context))
        .onConflict((conflict) => conflict.columns(['owner_id', 'name']).doNothing())
        .executeTakeFirst()
      return (result.numInsertedOrUpdatedRows ?? 0n) > 0n
    },
    async find(ownerId, id) {
      const row = await db
        .selectFrom('contexts')
        .selectAll()
        .where('id', '=', id)
        .where('owner_id', '=', ownerId)
        .executeTakeFirst()
      return row === undefined ? undefined : fromRow(row)
    },
    async list(ownerId, filter, page) {
      let query = db.selectFrom('contexts').selectAll().where('owner_id', '=', ownerId)
      if (filter.name !== undefined) query = query.where('name', '=', filter.name)
      if (filter.query !== undefined) {
        const pattern = containsPattern(filter.query)
        query = query.where((eb) => eb.or([contains('name', pattern), contains('description', pattern)]))
      }
      if (page.after !== undefined) query = query.where('id', '<', page.after)
      const rows = await query.orderBy('id', 'desc').limit(page.limit).execute()
      return rows.map(fromRow)
    },
    async count(ownerId) {
      const row = await db
        .selectFrom('contexts')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('owner_id', '=', ownerId)
        .executeTakeFirstOrThrow()
      return Number(row.count)
    },
    async nameIsTaken(ownerId, name, exceptId) {
      const row = await db
        .selectFrom('contexts')
        .select('id')
        .where('owner_id', '=', ownerId)
        .where('name', '=', name)
        .where('id', '!=', exceptId)
        .executeTakeFirst()
      return row !== undefined
    },
    async update(context, fromRevision) {
      const { id: _id, owner_id: _owner, created_at: _created, ...changed } = toRow(context)
      const result = await db
        .updateTable('contexts')
        .set(changed)
        .where('id', '=', context.id)
        .where('owner_id', '=', context.ownerId)
        .where('revision', '=', fromRevision)
        .executeTakeFirst()
      return result.numUpdatedRows > 0n
    },
    async removeOfOwner(ownerId) {
      const removed = await db.deleteFrom('contexts').where('owner_id', '=', ownerId).executeTakeFirst()
      return Number(removed.numDeletedRows)
    },
    async remove(ownerId, id) {
      await db.deleteFrom('contexts').where('id', '=', id).where('owner_id', '=', ownerId).execute()
    },
  }
}

/** Case is ignored for ASCII letters, which is what both databases' `lower` have in common. */
function contains(column: 'name' | 'description', pattern: string) {
  return sql<boolean>`lower(${sql.ref(column)}) like lower(${pattern}) escape '!'`
}

function containsPattern(text: string): string {
  return `%${text.replace(/[!%_]/g, '!$&')}%`
}

function toRow(context: StoredContext): Selectable<ContextsTable> {
  return {
    id: context.id,
    owner_id: context.ownerId,
    name: context.name,
    description: context.description,
    latest_version: context.latestVersion,
    revision: context.revision,
    created_at: context.createdAt,
    updated_at: context.updatedAt,
  }
}

function fromRow(row: Selectable<ContextsTable>): StoredContext {
  return {
    id: row.id,
    ownerId: row.owner_id,
    name: row.name,
    description: row.description,
    latestVersion: row.latest_version,
    revision: row.revision,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
