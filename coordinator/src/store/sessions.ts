import type { Db, PageRequest } from './query.ts'

/** A browser session with the account it belongs to. */
export interface StoredSession {
  readonly id: string
  readonly tokenHash: string
  readonly accountId: string
  /** What the browser called itself at sign-in. */
  readonly userAgent: string
  readonly createdAt: number
  readonly lastUsedAt: number
  readonly expiresAt: number
}

/** A live session as a request finds it. */
export interface FoundSession extends Omit<StoredSession, 'id' | 'userAgent'> {
  readonly login: string
  readonly accountCreatedAt: number
}

/** The browser sessions. */
export interface SessionStore {
  insert(session: StoredSession): Promise<void>
  find(tokenHash: string, now: number): Promise<FoundSession | undefined>
  touch(tokenHash: string, lastUsedAt: number, expiresAt: number): Promise<void>
  /** The live ones, newest first. */
  list(accountId: string, now: number, page: PageRequest): Promise<readonly StoredSession[]>
  /** @returns the id of the removed session */
  remove(tokenHash: string): Promise<string | undefined>
  /** @returns the removed session, undefined when the account has none such */
  removeById(accountId: string, id: string, now: number): Promise<{ readonly tokenHash: string } | undefined>
  /** Removes all but the one with this hash. @returns how many */
  removeOthers(accountId: string, tokenHash: string): Promise<number>
  removeOfAccount(accountId: string): Promise<void>
  deleteExpired(now: number): Promise<number>
}

/** Creates the queries of the sessions. */
export function createSessionStore(db: Db): SessionStore {
  return {
    async insert(session) {
      await db
        .insertInto('sessions')
        .values({
          id: session.id,
          token_hash: session.tokenHash,
          account_id: session.accountId,
          user_agent: session.userAgent,
          created_at: session.createdAt,
          last_used_at: session.lastUsedAt,
          expires_at: session.expiresAt,
        })
        .execute()
    },
    find: (tokenHash, now) =>
      db
        .selectFrom('sessions')
        .innerJoin('accounts', 'accounts.id', 'sessions.account_id')
        .select([
          'sessions.token_hash as tokenHash',
          'sessions.account_id as accountId',
          'sessions.created_at as createdAt',
          'sessions.last_used_at as lastUsedAt',
          'sessions.expires_at as expiresAt',
          'accounts.login as login',
          'accounts.created_at as accountCreatedAt',
        ])
        .where('sessions.token_hash', '=', tokenHash)
        .where('sessions.expires_at', '>', now)
        .executeTakeFirst(),
    list(accountId, now, page) {
      let query = db
        .selectFrom('sessions')
        .select(['id', 'token_hash as tokenHash', 'account_id as accountId', 'user_agent as userAgent'])
        .select(['created_at as createdAt', 'last_used_at as lastUsedAt', 'expires_at as expiresAt'])
        .where('account_id', '=', accountId)
        .where('expires_at', '>', now)
      if (page.after !== undefined) query = query.where('id', '<', page.after)
      return query.orderBy('id', 'desc').limit(page.limit).execute()
    },
    async touch(tokenHash, lastUsedAt, expiresAt) {
      await db
        .updateTable('sessions')
        .set({ last_used_at: lastUsedAt, expires_at: expiresAt })
        .where('token_hash', '=', tokenHash)
        .execute()
    },
    async remove(tokenHash) {
      const removed = await db
        .deleteFrom('sessions')
        .where('token_hash', '=', tokenHash)
        .returning('id')
        .executeTakeFirst()
      return removed?.id
    },
    removeById: (accountId, id, now) =>
      db
        .deleteFrom('sessions')
        .where('account_id', '=', accountId)
        .where('id', '=', id)
        .where('expires_at', '>', now)
        .returning('token_hash as tokenHash')
        .executeTakeFirst(),
    async removeOthers(accountId, tokenHash) {
      const removed = await db
        .deleteFrom('sessions')
        .where('account_id', '=', accountId)
        .where('token_hash', '!=', tokenHash)
        .executeTakeFirst()
      return Number(removed.numDeletedRows)
    },
    async removeOfAccount(accountId) {
      await db.deleteFrom('sessions').where('account_id', '=', accountId).execute()
    },
    async deleteExpired(now) {
      const removed = await db.deleteFrom('sessions').where('expires_at', '<=', now).executeTakeFirst()
      return Number(removed.numDeletedRows)
    },
  }
}
