import type { Db } from './query.ts'

/** What a keyed request was answered. */
export interface StoredReply {
  readonly requestDigest: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly createdAt: number
}

/** Whose request it is: account, route and the key that the client chose. */
export interface ReplyKey {
  readonly accountId: string
  readonly route: string
  readonly key: string
}

/** Stored answers of requests that carry an Idempotency-Key. */
export interface IdempotentReplyStore {
  find(key: ReplyKey, since: number): Promise<StoredReply | undefined>
  /** Replaces an answer that is too old to count. */
  insert(key: ReplyKey, reply: StoredReply): Promise<void>
  removeOfAccount(accountId: string): Promise<void>
  deleteBefore(at: number): Promise<number>
}

/** Creates the queries of the stored answers. */
export function createIdempotentReplyStore(db: Db): IdempotentReplyStore {
  return {
    async find({ accountId, route, key }, since) {
      const row = await db
        .selectFrom('idempotent_replies')
        .select(['request_digest as requestDigest', 'status', 'headers', 'body', 'created_at as createdAt'])
        .where('account_id', '=', accountId)
        .where('route', '=', route)
        .where('idempotency_key', '=', key)
        .where('created_at', '>', since)
        .executeTakeFirst()
      return row === undefined ? undefined : { ...row, headers: JSON.parse(row.headers) }
    },
    async insert({ accountId, route, key }, reply) {
      await db
        .deleteFrom('idempotent_replies')
        .where('account_id', '=', accountId)
        .where('route', '=', route)
        .where('idempotency_key', '=', key)
        .execute()
      await db
        .insertInto('idempotent_replies')
        .values({
          account_id: accountId,
          route,
          idempotency_key: key,
          request_digest: reply.requestDigest,
          status: reply.status,
          headers: JSON.stringify(reply.headers),
          body: reply.body,
          created_at: reply.createdAt,
        })
        .execute()
    },
    async removeOfAccount(accountId) {
      await db.deleteFrom('idempotent_replies').where('account_id', '=', accountId).execute()
    },
    async deleteBefore(at) {
      const removed = await db.deleteFrom('idempotent_replies').where('created_at', '<', at).executeTakeFirst()
      return Number(removed.numDeletedRows)
    },
  }
}
