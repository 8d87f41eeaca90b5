import type { DeviceAuthorization, IssuedToken } from '@muster/contexts/wire/accounts.ts'
import { networkOf } from '../address.ts'
import { ApiError, slowDown } from '../http/api-error.ts'
import { type AccountPrincipal, ALL_SCOPES } from '../http/principal.ts'
import { drawLetters } from '../pairing/locator.ts'
import type { Parts } from '../parts.ts'
import type { StoredDevice } from '../store/device-authorizations.ts'
import { hashToken, issueToken } from '../token.ts'
import { wireTime } from '../wire-time.ts'
import { issueApiToken } from './tokens.ts'

const LIFE_MS = 15 * 60_000
const INTERVAL_MS = 5000
/** What a poll that comes too early adds to the interval (RFC 8628, 3.5). */
const SLOW_DOWN_MS = 5000
/** Sign-ins that wait at once, in all. */
const MAX_WAITING = 10_000
const TOKEN_DAYS = 90

/** Sign-in of programs that have no browser (RFC 8628). */
export interface Devices {
  /** @throws {ApiError} slow-down */
  begin(clientName: string, address: string): Promise<DeviceAuthorization>
  /** @throws {ApiError} device-code-expired, slow-down */
  pending(userCode: string, by: AccountPrincipal): Promise<StoredDevice>
  /** @throws {ApiError} device-code-expired, slow-down */
  approve(userCode: string, by: AccountPrincipal): Promise<void>
  /** @throws {ApiError} authorization-pending, slow-down, device-code-expired */
  poll(deviceCode: string): Promise<IssuedToken>
}

/** Creates the sign-in of programs. */
export function createDevices(parts: Parts): Devices {
  const { store, clock, random, limits, rateLimits } = parts

  async function find(userCode: string, by: AccountPrincipal): Promise<StoredDevice> {
    const buckets = [{ name: `user-code:${by.accountId}`, limit: limits.wrongUserCodesPerAccount }]
    const found = await store.write(async (tx) => {
      await rateLimits.check(tx, buckets)
      const device = await tx.devices.pendingByUserCode(plainCode(userCode), clock.now())
      if (device === undefined) await rateLimits.count(tx, buckets)
      return device
    })
    if (found === undefined) throw new ApiError('device-code-expired')
    return found
  }

  return {
    async begin(clientName, address) {
      const deviceCode = issueToken('msd', random)
      const expiresAt = clock.now() + LIFE_MS
      const buckets = [{ name: `device:${networkOf(address)}`, limit: limits.newDevicesPerNetwork }]
      const userCode = await store.write(async (tx) => {
        await rateLimits.check(tx, buckets)
        await rateLimits.count(tx, buckets)
        if ((await tx.devices.count()) >= MAX_WAITING) throw slowDown(LIFE_MS)
        const device = {
          deviceCodeHash: hashToken(deviceCode),
          userCode: drawLetters(8, random),
          clientName,
          requestedFrom: address,
          intervalMs: INTERVAL_MS,
          lastPolledAt: null,
          approvedBy: null,
          expiresAt,
        }
        if (!(await tx.devices.insert(device))) throw new ApiError('unavailable')
        return device.userCode
      })
      return {
        deviceCode,
        userCode: `${userCode.slice(0, 4)}-${userCode.slice(4)}`,
        verificationUri: `${parts.publicUrl()}/device`,
        expiresAt: wireTime(expiresAt),
        intervalSeconds: INTERVAL_MS / 1000,
      }
    },
    pending: find,
    async approve(userCode, by) {
      await find(userCode, by)
      const done = await store.write((tx) => tx.devices.approve(plainCode(userCode), by.accountId, clock.now()))
      if (!done) throw new ApiError('device-code-expired')
    },
    async poll(deviceCode) {
      const hash = hashToken(deviceCode)
      const now = clock.now()
      const outcome = await store.write(async (tx) => {
        const device = await tx.devices.byDeviceCode(hash, now)
        if (device === undefined) return new ApiError('device-code-expired')
        if (device.approvedBy !== null) {
          await tx.devices.remove(hash)
          return issueApiToken(parts, tx, device.approvedBy, {
            name: device.clientName,
            scopes: ALL_SCOPES,
            expiresInDays: TOKEN_DAYS,
          })
        }
        const isEarly = device.lastPolledAt !== null && now - device.lastPolledAt < device.intervalMs
        const intervalMs = device.intervalMs + (isEarly ? SLOW_DOWN_MS : 0)
        await tx.devices.polled(hash, now, intervalMs)
        return isEarly ? slowDown(intervalMs) : new ApiError('authorization-pending')
      })
      if (outcome instanceof ApiError) throw outcome
      return outcome
    },
  }
}

/** As typed by a person: case, dash and spaces do not matter. */
function plainCode(userCode: string): string {
  return userCode.toUpperCase().replace(/[^A-Z]/g, '')
}
