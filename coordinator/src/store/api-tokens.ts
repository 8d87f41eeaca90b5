import type { Scope } from '@muster/contexts/wire/accounts.ts'
import type { Db, PageRequest } from './query.ts'

/** An API token without its secret. */
export interface StoredApiToken {
  readonly id: string
  readonly accountId: string
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly createdAt: number
  readonly lastUsedAt: number | null
  readonly expiresAt: number
}

/** A live token as a request finds it. */
export interface FoundApiToken extends StoredApiToken {
  readonly login: string
  readonly accountCreatedAt: number
}

/** The API tokens. */
export interface ApiTokenStore {
  insert(token: StoredApiToken, tokenHash: string): Promise<void>
  find(tokenHash: string, now: number): Promise<FoundApiToken | undefined>
  touch(id: string, at: number): Promise<void>
  /** Newest first, expired ones included until they are swept. */
  list(accountId: string, page: PageRequest): Promise<readonly StoredApiToken[]>
  count(accountId: string): Promise<number>
  remove(accountId: string, id: string): Promise<StoredApiToken | undefined>
  /** Whether this token is still there and lives. */
  isLive(id: string, now: number): Promise<boolean>
  removeOfAccount(accountId: string): Promise<void>
  deleteExpired(before: number): Promise<number>
}

const COLUMNS = [
  'api_tokens.id as id',
  'api_tokens.account_id as accountId',
  'api_tokens.name as name',
  'api_tokens.scopes as scopes',
  'api_tokens.created_at as createdAt',
  'api_tokens.last_used_at as lastUsedAt',
  'api_tokens.expires_at as expiresAt',
] as const

/** Creates the queries of the API tokens. */
export function createApiTokenStore(db: Db): ApiTokenStore {
  return {
    async insert(token, tokenHash) {
      await db
        .insertInto('api_tokens')
        .values({
          id: token.id,
          token_hash: tokenHash,
          account_id: token.accountId,
          name: token.name,
          scopes: JSON.stringify(token.scopes),
          created_at: token.createdAt,
          last_used_at: token.lastUsedAt,
          expires_at: token.expiresAt,
        })
        .execute()
    },
    async find(tokenHash, now) {
      const row = await db
        .selectFrom('api_tokens')
        .innerJoin('accounts', 'accounts.id', 'api_tokens.account_id')
        .select([...COLUMNS, 'accounts.login as login', 'accounts.created_at as accountCreatedAt'])
        .where('token_hash', '=', tokenHash)
        .where('expires_at', '>', now)
        .executeTakeFirst()
      return row === undefined ? undefined : { ...row, scopes: decodeScopes(row.scopes) }
    },
    async touch(id, at) {
      await db.updateTable('api_tokens').set({ last_used_at: at }).where('id', '=', id).execute()
    },
    async list(accountId, page) {
      let query = db.selectFrom('api_tokens').select(COLUMNS).where('account_id', '=', accountId)
      if (page.after !== undefined) query = query.where('id', '<', page.after)
      const rows = await query.orderBy('id', 'desc').limit(page.limit).execute()
      return rows.map((row) => ({ ...row, scopes: decodeScopes(row.scopes) }))
    },
    async count(accountId) {
      const row = await db
        .selectFrom('api_tokens')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('account_id', '=', accountId)
        .executeTakeFirstOrThrow()
      return Number(row.count)
    },
    async remove(accountId, id) {
      const row = await db
        .deleteFrom('api_tokens')
        .where('account_id', '=', accountId)
        .where('id', '=', id)
        .returning(['id', 'account_id as accountId', 'name', 'scopes', 'created_at as createdAt'])
        .returning(['last_used_at as lastUsedAt', 'expires_at as expiresAt'])
        .executeTakeFirst()
      return row === undefined ? undefined : { ...row, scopes: decodeScopes(row.scopes) }
    },
    async isLive(id, now) {
      const row = await db
        .selectFrom('api_tokens')
        .select('id')
        .where('id', '=', id)
        .where('expires_at', '>', now)
        .executeTakeFirst()
      return row !== undefined
    },
    async removeOfAccount(accountId) {
      await db.deleteFrom('api_tokens').where('account_id', '=', accountId).execute()
    },
    async deleteExpired(before) {
      const removed = await db.deleteFrom('api_tokens').where('expires_at', '<=', before).executeTakeFirst()
      return Number(removed.numDeletedRows)
    },
  }
}

/** Written by this program only, so the shape is known. */
function decodeScopes(text: string): readonly Scope[] {
  return JSON.parse(text)
}
