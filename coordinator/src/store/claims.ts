import type { Selectable } from 'kysely'
import type { Db } from './query.ts'
import type { ClaimEnd, ClaimsTable } from './tables.ts'

/** A signed-in person's use of a PIN. */
export interface StoredClaim {
  readonly id: string
  readonly pairingId: string
  readonly accountId: string
  /** Network from which it was claimed, for counting a wrong PIN against it. */
  readonly network: string
  readonly state: 'open' | 'completed' | ClaimEnd
  readonly messageCount: number
  readonly messageChars: number
  readonly createdAt: number
  readonly expiresAt: number
}

/** The claims. */
export interface ClaimStore {
  insert(claim: StoredClaim): Promise<void>
  byId(id: string): Promise<StoredClaim | undefined>
  setState(id: string, state: StoredClaim['state']): Promise<void>
  addMessage(id: string, chars: number): Promise<void>
  removeOfAccount(accountId: string): Promise<void>
  /** Claims of an account since then, counted up to `limit`. */
  countSince(accountId: string, since: number, limit: number): Promise<number>
}

/** Creates the queries of the claims. */
export function createClaimStore(db: Db): ClaimStore {
  return {
    async insert(claim) {
      await db.insertInto('claims').values(toRow(claim)).execute()
    },
    async byId(id) {
      const row = await db.selectFrom('claims').selectAll().where('id', '=', id).executeTakeFirst()
      return row === undefined ? undefined : fromRow(row)
    },
    async setState(id, state) {
      await db.updateTable('claims').set({ state }).where('id', '=', id).execute()
    },
    async addMessage(id, chars) {
      await db
        .updateTable('claims')
        .set((eb) => ({
          message_count: eb('message_count', '+', 1),
          message_chars: eb('message_chars', '+', chars),
        }))
        .where('id', '=', id)
        .execute()
    },
    async removeOfAccount(accountId) {
      await db.deleteFrom('claims').where('account_id', '=', accountId).execute()
    },
    async countSince(accountId, since, limit) {
      const rows = await db
        .selectFrom('claims')
        .select('id')
        .where('account_id', '=', accountId)
        .where('created_at', '>', since)
        .limit(limit)
        .execute()
      return rows.length
    },
  }
}

function toRow(claim: StoredClaim): Selectable<ClaimsTable> {
  return {
    id: claim.id,
    pairing_id: claim.pairingId,
    account_id: claim.accountId,
    network: claim.network,
    state: claim.state,
    message_count: claim.messageCount,
    message_chars: claim.messageChars,
    created_at: claim.createdAt,
    expires_at: claim.expiresAt,
  }
}

function fromRow(row: Selectable<ClaimsTable>): StoredClaim {
  return {
    id: row.id,
    pairingId: row.pairing_id,
    accountId: row.account_id,
    network: row.network,
    state: row.state,
    messageCount: row.message_count,
    messageChars: row.message_chars,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  }
}
