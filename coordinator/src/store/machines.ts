import type { MachineStatus } from '@muster/contexts/wire/machines.ts'
import type { Selectable } from 'kysely'
import type { Db, PageRequest } from './query.ts'
import type { MachinesTable } from './tables.ts'

/** A paired machine. */
export interface StoredMachine {
  readonly id: string
  readonly ownerId: string
  readonly name: string
  readonly publicKey: string
  readonly tokenHash: string
  /** Counts changes of what the owner edits; what the ETag shows. */
  readonly revision: number
  readonly pairedAt: number
  readonly lastSeenAt: number
  readonly status: MachineStatus
}

/** How many machines run one version of a context. */
export interface VersionUse {
  readonly contextId: string
  readonly version: number
  readonly machineCount: number
}

/** The machines. */
export interface MachineStore {
  insert(machine: StoredMachine): Promise<void>
  find(ownerId: string, id: string): Promise<StoredMachine | undefined>
  byToken(tokenHash: string): Promise<StoredMachine | undefined>
  byPublicKey(ownerId: string, publicKey: string): Promise<StoredMachine | undefined>
  list(ownerId: string, page: PageRequest): Promise<readonly StoredMachine[]>
  count(ownerId: string): Promise<number>
  update(machine: StoredMachine): Promise<void>
  seen(id: string, at: number): Promise<void>
  /** @returns false when the owner has no such machine */
  remove(ownerId: string, id: string): Promise<boolean>
  removeOfOwner(ownerId: string): Promise<number>
  /** The owner's machines by version of these contexts; versions without machines are left out. */
  usesOf(ownerId: string, contextIds: readonly string[]): Promise<readonly VersionUse[]>
}

/** Creates the queries of the machines. */
export function createMachineStore(db: Db): MachineStore {
  const from = () => db.selectFrom('machines').selectAll()
  return {
    async insert(machine) {
      await db.insertInto('machines').values(toRow(machine)).execute()
    },
    async find(ownerId, id) {
      const row = await from().where('id', '=', id).where('owner_id', '=', ownerId).executeTakeFirst()
      return row === undefined ? undefined : fromRow(row)
    },
    async byToken(tokenHash) {
      const row = await from().where('token_hash', '=', tokenHash).executeTakeFirst()
      return row === undefined ? undefined : fromRow(row)
    },
    async byPublicKey(ownerId, publicKey) {
      const row = await from().where('owner_id', '=', ownerId).where('public_key', '=', publicKey).executeTakeFirst()
      return row === undefined ? undefined : fromRow(row)
    },
    async list(ownerId, page) {
      let query = from().where('owner_id', '=', ownerId)
      if (page.after !== undefined) query = query.where('id', '<', page.after)
      const rows = await query.orderBy('id', 'desc').limit(page.limit).execute()
      return rows.map(fromRow)
    },
    async count(ownerId) {
      const row = await db
        .selectFrom('machines')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('owner_id', '=', ownerId)
        .executeTakeFirstOrThrow()
      return Number(row.count)
    },
    async update(machine) {
      const { id: _id, owner_id: _owner, ...changed } = toRow(machine)
      await db.updateTable('machines').set(changed).where('id', '=', machine.id).execute()
    },
    async seen(id, at) {
      await db.updateTable('machines').set({ last_seen_at: at }).where('id', '=', id).execute()
    },
    async remove(ownerId, id) {
      const removed = await db
        .deleteFrom('machines')
        .where('id', '=', id)
        .where('owner_id', '=', ownerId)
        .executeTakeFirst()
      return removed.numDeletedRows > 0n
    },
    async removeOfOwner(ownerId) {
      const removed = await db.deleteFrom('machines').where('owner_id', '=', ownerId).executeTakeFirst()
      return Number(removed.numDeletedRows)
    },
    async usesOf(ownerId, contextIds) {
      if (contextIds.length === 0) return []
      const rows = await db
        .selectFrom('machines')
        .select(['context_id as contextId', 'context_version as version'])
        .select((eb) => eb.fn.countAll<number>().as('machineCount'))
        .where('owner_id', '=', ownerId)
        .where('context_id', 'in', contextIds)
        .groupBy(['context_id', 'context_version'])
        .execute()
      return rows.map((row) => ({
        contextId: row.contextId ?? '',
        version: row.version ?? 0,
        machineCount: Number(row.machineCount),
      }))
    },
  }
}

function toRow(machine: StoredMachine): Selectable<MachinesTable> {
  return {
    id: machine.id,
    owner_id: machine.ownerId,
    name: machine.name,
    public_key: machine.publicKey,
    token_hash: machine.tokenHash,
    revision: machine.revision,
    paired_at: machine.pairedAt,
    last_seen_at: machine.lastSeenAt,
    status: JSON.stringify(machine.status),
    context_id: machine.status.context?.id ?? null,
    context_version: machine.status.context?.version ?? null,
  }
}

function fromRow(row: Selectable<MachinesTable>): StoredMachine {
  return {
    id: row.id,
    ownerId: row.owner_id,
    name: row.name,
    publicKey: row.public_key,
    tokenHash: row.token_hash,
    revision: row.revision,
    pairedAt: row.paired_at,
    lastSeenAt: row.last_seen_at,
    status: JSON.parse(row.status),
  }
}
