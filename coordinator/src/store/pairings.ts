import type { MachineFacts, PairingState } from '@muster/contexts/wire/pairings.ts'
import type { Selectable } from 'kysely'
import type { Db } from './query.ts'
import type { PairingsTable } from './tables.ts'

/** One pairing as stored; its state may be overdue: see `settle`. */
export interface StoredPairing {
  readonly id: string
  readonly locator: string | null
  readonly state: PairingState
  readonly agentTokenHash: string
  readonly agentPublicKey: string
  readonly facts: MachineFacts
  readonly seenFrom: string
  readonly network: string
  readonly claimId: string | null
  readonly machineId: string | null
  readonly nextSequence: number
  readonly createdAt: number
  readonly expiresAt: number
}

/** The pairings. */
export interface PairingStore {
  /** @returns false when the locator is in use */
  insert(pairing: StoredPairing): Promise<boolean>
  byId(id: string): Promise<StoredPairing | undefined>
  byAgentToken(agentTokenHash: string): Promise<StoredPairing | undefined>
  byLocator(locator: string): Promise<StoredPairing | undefined>
  /** Writes what may change, if the state is still `from`. @returns false when it is not */
  update(pairing: StoredPairing, from: PairingState): Promise<boolean>
  /** Pairings whose current or last claim is of this account. */
  claimedBy(accountId: string): Promise<readonly StoredPairing[]>
  /** Removes a pairing with its claims and messages. */
  remove(id: string): Promise<void>
  /** Takes the next message number. */
  takeSequence(id: string): Promise<number>
  /** Live pairings, of one network when given, counted up to `limit`. */
  countLive(limit: number, network?: string): Promise<number>
  /** Pairings of a network made since then, counted up to `limit`. */
  countMadeSince(network: string, since: number, limit: number): Promise<number>
  /** Live pairings whose PIN or claim is over by the clock. */
  overdue(now: number, limit: number): Promise<readonly StoredPairing[]>
  /** Deletes pairings in this state that have ended by `at`, with claims and messages. */
  deleteEnded(state: PairingState, at: number): Promise<number>
}

/** Creates the queries of the pairings. */
export function createPairingStore(db: Db): PairingStore {
  const one = async (column: 'id' | 'agent_token_hash' | 'locator', value: string) => {
    const row = await db.selectFrom('pairings').selectAll().where(column, '=', value).executeTakeFirst()
    return row === undefined ? undefined : fromRow(row)
  }
  return {
    async insert(pairing) {
      const result = await db
        .insertInto('pairings')
        .values(toRow(pairing))
        .onConflict((conflict) => conflict.column('locator').doNothing())
        .executeTakeFirst()
      return (result.numInsertedOrUpdatedRows ?? 0n) > 0n
    },
    byId: (id) => one('id', id),
    byAgentToken: (hash) => one('agent_token_hash', hash),
    byLocator: (locator) => one('locator', locator),
    async update(pairing, from) {
      const { locator, state, claimId, machineId, expiresAt } = pairing
      const result = await db
        .updateTable('pairings')
        .set({ locator, state, claim_id: claimId, machine_id: machineId, expires_at: expiresAt })
        .where('id', '=', pairing.id)
        .where('state', '=', from)
        .executeTakeFirst()
      return result.numUpdatedRows > 0n
    },
    async claimedBy(accountId) {
      const rows = await db
        .selectFrom('pairings')
        .innerJoin('claims', 'claims.id', 'pairings.claim_id')
        .selectAll('pairings')
        .where('claims.account_id', '=', accountId)
        .execute()
      return rows.map(fromRow)
    },
    async remove(id) {
      await db.deleteFrom('pairings').where('id', '=', id).execute()
    },
    async takeSequence(id) {
      const row = await db
        .updateTable('pairings')
        .set((eb) => ({ next_sequence: eb('next_sequence', '+', 1) }))
        .where('id', '=', id)
        .returning('next_sequence')
        .executeTakeFirstOrThrow()
      return row.next_sequence - 1
    },
    async countLive(limit, network) {
      let query = db.selectFrom('pairings').select('id').where('locator', 'is not', null)
      if (network !== undefined) query = query.where('network', '=', network)
      return (await query.limit(limit).execute()).length
    },
    async countMadeSince(network, since, limit) {
      const query = db
        .selectFrom('pairings')
        .select('id')
        .where('network', '=', network)
        .where('created_at', '>', since)
      return (await query.limit(limit).execute()).length
    },
    async overdue(now, limit) {
      const rows = await db
        .selectFrom('pairings')
        .leftJoin('claims', 'claims.id', 'pairings.claim_id')
        .selectAll('pairings')
        .where('pairings.state', 'in', ['waiting', 'claimed'])
        .where((eb) =>
          eb.or([
            eb('pairings.expires_at', '<=', now),
            eb.and([eb('pairings.state', '=', 'claimed'), eb('claims.expires_at', '<=', now)]),
          ]),
        )
        .orderBy('pairings.id')
        .limit(limit)
        .execute()
      return rows.map(fromRow)
    },
    async deleteEnded(state, at) {
      const removed = await db
        .deleteFrom('pairings')
        .where('state', '=', state)
        .where('expires_at', '<=', at)
        .executeTakeFirst()
      return Number(removed.numDeletedRows)
    },
  }
}

function toRow(pairing: StoredPairing): Selectable<PairingsTable> {
  return {
    id: pairing.id,
    locator: pairing.locator,
    state: pairing.state,
    agent_token_hash: pairing.agentTokenHash,
    agent_public_key: pairing.agentPublicKey,
    facts: JSON.stringify(pairing.facts),
    seen_from: pairing.seenFrom,
    network: pairing.network,
    claim_id: pairing.claimId,
    machine_id: pairing.machineId,
    next_sequence: pairing.nextSequence,
    created_at: pairing.createdAt,
    expires_at: pairing.expiresAt,
  }
}

function fromRow(row: Selectable<PairingsTable>): StoredPairing {
  return {
    id: row.id,
    locator: row.locator,
    state: row.state,
    agentTokenHash: row.agent_token_hash,
    agentPublicKey: row.agent_public_key,
    facts: JSON.parse(row.facts),
    seenFrom: row.seen_from,
    network: row.network,
    claimId: row.claim_id,
    machineId: row.machine_id,
    nextSequence: row.next_sequence,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  }
}
