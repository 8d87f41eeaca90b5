import type { Clock } from '@muster/runtime/clock.ts'
import type { CreateId } from '../ids.ts'
import type { Limit } from '../limits.ts'
import type { Repositories } from '../store/repositories.ts'
import { slowDown } from './api-error.ts'

/** One bucket with its limit. */
export interface Bucket {
  readonly name: string
  readonly limit: Limit
}

/** Counting of tries in the store, so that a restart forgives nothing. Call within one transaction. */
export interface RateLimits {
  /** @throws {ApiError} slow-down when one of the buckets is full */
  check(tx: Repositories, buckets: readonly Bucket[]): Promise<void>
  /** Counts one try in each bucket. @returns an id with which `takeBack` undoes it */
  count(tx: Repositories, buckets: readonly Bucket[]): Promise<string>
  takeBack(tx: Repositories, buckets: readonly Bucket[], id: string): Promise<void>
}

/** Creates the counting. */
export function createRateLimits(deps: { readonly clock: Clock; readonly ids: CreateId }): RateLimits {
  return {
    async check(tx, buckets) {
      await tx.tries.lock()
      const now = deps.clock.now()
      for (const { name, limit } of buckets) {
        const tries = await tx.tries.since(name, now - limit.windowMs, limit.count)
        const oldest = tries[0]
        if (tries.length >= limit.count && oldest !== undefined) throw slowDown(oldest + limit.windowMs - now)
      }
    },
    async count(tx, buckets) {
      const id = deps.ids('req')
      for (const { name } of buckets) await tx.tries.add(name, id, deps.clock.now())
      return id
    },
    async takeBack(tx, buckets, id) {
      for (const { name } of buckets) await tx.tries.remove(name, id)
    },
  }
}
