import type { Clock } from '@muster/runtime/clock.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { Random } from '@muster/runtime/random.ts'
import { repeat } from '@muster/runtime/repeat.ts'
import type { Service } from '@muster/runtime/service.ts'
import { IDEMPOTENCY_KEPT_MS } from '../http/idempotency.ts'
import { settle } from '../pairing/settle.ts'
import type { Parts } from '../parts.ts'

const INTERVAL_MS = 30_000
/** Pairings settled in one transaction. */
const BATCH = 100
const HOUR_MS = 60 * 60_000
const DAY_MS = 24 * HOUR_MS

/** Writes down what the clock has ended and deletes what is no longer needed. Requests do not depend on it. */
export async function sweep(parts: Parts): Promise<void> {
  const { store, clock, limits } = parts
  const now = clock.now()
  for (;;) {
    const settled = await store.write(async (tx) => {
      const overdue = await tx.pairings.overdue(now, BATCH)
      for (const pairing of overdue) await settle(parts, tx, pairing)
      return overdue.length
    })
    if (settled < BATCH) break
  }
  await store.write(async (tx) => {
    await tx.pairings.deleteEnded('completed', now)
    await tx.pairings.deleteEnded('burned', now - HOUR_MS)
    await tx.pairings.deleteEnded('expired', now - HOUR_MS)
    await tx.sessions.deleteExpired(now)
    await tx.apiTokens.deleteExpired(now - 30 * DAY_MS)
    await tx.devices.deleteExpired(now)
    await tx.tries.deleteBefore(now - DAY_MS)
    await tx.replies.deleteBefore(now - IDEMPOTENCY_KEPT_MS)
    await tx.events.prune(now - limits.eventRetentionMs)
  })
}

/** The sweep as a part of the daemon; a failed round is logged and the next one tries again. */
export function createSweeper(
  task: () => Promise<void>,
  deps: { readonly clock: Clock; readonly random: Random; readonly log: Log },
): Service {
  return {
    name: 'sweeper',
    async run({ signal, ready }) {
      ready()
      const round = async () => {
        await task().catch((error: unknown) => deps.log.error({ error }, 'sweep failed'))
      }
      await repeat(round, { everyMs: INTERVAL_MS, jitter: 0.2, signal, clock: deps.clock, random: deps.random })
    },
  }
}
