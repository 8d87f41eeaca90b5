import type { Db } from './query.ts'

/** A browser session with the account it belongs to. */
export interface StoredSession {
  readonly tokenHash: string
  readonly accountId: string
  readonly createdAt: number
  readonly lastUsedAt: number
  readonly expiresAt: number
}

/** A live session as a request finds it. */
export interface FoundSession extends StoredSession {
  readonly login: string
  readonly accountCreatedAt: number
}

/** The browser sessions. */
export interface SessionStore {
  insert(session: StoredSession): Promise<void>
  find(tokenHash: string, now: number): Promise<FoundSession | undefined>
  touch(tokenHash: string, lastUsedAt: number, expiresAt: number): Promise<void>
  remove(tokenHash: string): Promise<boolean>
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
          token_hash: session.tokenHash,
          account_id: session.accountId,
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
    async touch(tokenHash, lastUsedAt, expiresAt) {
      await db
        .updateTable('sessions')
        .set({ last_used_at: lastUsedAt, expires_at: expiresAt })
        .where('token_hash', '=', tokenHash)
        .execute()
    },
    async remove(tokenHash) {
      const removed = await db.deleteFrom('sessions').where('token_hash', '=', tokenHash).executeTakeFirst()
      return removed.numDeletedRows > 0n
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
