import type { Db } from './query.ts'

/** A command line that waits to be signed in. */
export interface StoredDevice {
  readonly deviceCodeHash: string
  readonly userCode: string
  readonly clientName: string
  readonly requestedFrom: string
  readonly intervalMs: number
  readonly lastPolledAt: number | null
  readonly approvedBy: string | null
  readonly expiresAt: number
}

/** The waiting sign-ins of command lines. */
export interface DeviceStore {
  /** @returns false when the user code is in use */
  insert(device: StoredDevice): Promise<boolean>
  byDeviceCode(deviceCodeHash: string, now: number): Promise<StoredDevice | undefined>
  /** Only those not yet approved. */
  pendingByUserCode(userCode: string, now: number): Promise<StoredDevice | undefined>
  /** @returns false when it was approved or removed meanwhile */
  approve(userCode: string, accountId: string, now: number): Promise<boolean>
  polled(deviceCodeHash: string, at: number, intervalMs: number): Promise<void>
  remove(deviceCodeHash: string): Promise<boolean>
  count(): Promise<number>
  /** Removes what this account has approved and nobody has fetched yet. */
  removeApprovedBy(accountId: string): Promise<void>
  deleteExpired(now: number): Promise<number>
}

const COLUMNS = [
  'device_code_hash as deviceCodeHash',
  'user_code as userCode',
  'client_name as clientName',
  'requested_from as requestedFrom',
  'interval_ms as intervalMs',
  'last_polled_at as lastPolledAt',
  'approved_by as approvedBy',
  'expires_at as expiresAt',
] as const

/** Creates the queries of the waiting sign-ins. */
export function createDeviceStore(db: Db): DeviceStore {
  return {
    async insert(device) {
      const result = await db
        .insertInto('device_authorizations')
        .values({
          device_code_hash: device.deviceCodeHash,
          user_code: device.userCode,
          client_name: device.clientName,
          requested_from: device.requestedFrom,
          interval_ms: device.intervalMs,
          last_polled_at: device.lastPolledAt,
          approved_by: device.approvedBy,
          expires_at: device.expiresAt,
        })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst()
      return (result.numInsertedOrUpdatedRows ?? 0n) > 0n
    },
    byDeviceCode: (hash, now) =>
      db
        .selectFrom('device_authorizations')
        .select(COLUMNS)
        .where('device_code_hash', '=', hash)
        .where('expires_at', '>', now)
        .executeTakeFirst(),
    pendingByUserCode: (userCode, now) =>
      db
        .selectFrom('device_authorizations')
        .select(COLUMNS)
        .where('user_code', '=', userCode)
        .where('approved_by', 'is', null)
        .where('expires_at', '>', now)
        .executeTakeFirst(),
    async approve(userCode, accountId, now) {
      const result = await db
        .updateTable('device_authorizations')
        .set({ approved_by: accountId })
        .where('user_code', '=', userCode)
        .where('approved_by', 'is', null)
        .where('expires_at', '>', now)
        .executeTakeFirst()
      return result.numUpdatedRows > 0n
    },
    async polled(hash, at, intervalMs) {
      await db
        .updateTable('device_authorizations')
        .set({ last_polled_at: at, interval_ms: intervalMs })
        .where('device_code_hash', '=', hash)
        .execute()
    },
    async remove(hash) {
      const removed = await db
        .deleteFrom('device_authorizations')
        .where('device_code_hash', '=', hash)
        .executeTakeFirst()
      return removed.numDeletedRows > 0n
    },
    async count() {
      const row = await db
        .selectFrom('device_authorizations')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow()
      return Number(row.count)
    },
    async removeApprovedBy(accountId) {
      await db.deleteFrom('device_authorizations').where('approved_by', '=', accountId).execute()
    },
    async deleteExpired(now) {
      const removed = await db.deleteFrom('device_authorizations').where('expires_at', '<=', now).executeTakeFirst()
      return Number(removed.numDeletedRows)
    },
  }
}
