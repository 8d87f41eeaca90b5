import type { Db } from './query.ts'

/** Tries that are counted against limits; a bucket names who and what. */
export interface TryStore {
  /** Makes transactions that count and add take turns, so that a limit holds for tries at the same moment. */
  lock(): Promise<void>
  add(bucket: string, id: string, at: number): Promise<void>
  /** Times of the tries since `since` (epoch ms), oldest first, at most `limit`: the newest of them. */
  since(bucket: string, since: number, limit: number): Promise<readonly number[]>
  remove(bucket: string, id: string): Promise<void>
  clear(bucket: string): Promise<void>
  deleteBefore(at: number): Promise<number>
}

/** Creates the queries of the counted tries. */
export function createTryStore(db: Db): TryStore {
  return {
    async lock() {
      await db
        .updateTable('counters')
        .set((eb) => ({ value: eb('value', '+', 1) }))
        .where('name', '=', 'tries')
        .execute()
    },
    async add(bucket, id, at) {
      await db.insertInto('tries').values({ bucket, id, at }).execute()
    },
    async since(bucket, since, limit) {
      const rows = await db
        .selectFrom('tries')
        .select('at')
        .where('bucket', '=', bucket)
        .where('at', '>', since)
        .orderBy('at', 'desc')
        .limit(limit)
        .execute()
      return rows.map((row) => row.at).reverse()
    },
    async remove(bucket, id) {
      await db.deleteFrom('tries').where('bucket', '=', bucket).where('id', '=', id).execute()
    },
    async clear(bucket) {
      await db.deleteFrom('tries').where('bucket', '=', bucket).execute()
    },
    async deleteBefore(at) {
      const removed = await db.deleteFrom('tries').where('at', '<', at).executeTakeFirst()
      return Number(removed.numDeletedRows)
    },
  }
}
