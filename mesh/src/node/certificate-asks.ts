import type { Clock } from '@muster/runtime/clock.ts'
import type { PeerId } from '../admission/membership.ts'
import { MAX_CERTIFICATES_PER_MESSAGE } from '../records/sync-messages.ts'

/** Owners whose records wait at once, all neighbors together. */
const MAX_WAITING = 512
/** Records of one moment come together: one question for all of them. */
const GATHER_MS = 20

/** Asks neighbors for certificates of owners whose records they pass on. */
export interface CertificateAsks {
  /** @returns whether the neighbor has answered; the certificates it had are admitted then */
  ask(from: PeerId, owner: PeerId): Promise<boolean>
}

interface Batch {
  readonly owners: Set<PeerId>
  readonly answered: Promise<boolean>
}

/** @param fetch - asks one neighbor and admits what it answers; false, never a rejection, when it does not answer */
export function createCertificateAsks(
  clock: Pick<Clock, 'sleep'>,
  fetch: (from: PeerId, owners: readonly PeerId[]) => Promise<boolean>,
): CertificateAsks {
  const gathering = new Map<PeerId, Batch>()
  let waiting = 0
  const begin = (from: PeerId): Batch => {
    const owners = new Set<PeerId>()
    const run = async () => {
      await clock.sleep(GATHER_MS)
      gathering.delete(from)
      try {
        return await fetch(from, [...owners])
      } finally {
        waiting -= owners.size
      }
    }
    return { owners, answered: run() }
  }
  return {
    async ask(from, owner) {
      const batch = gathering.get(from) ?? begin(from)
      gathering.set(from, batch)
      if (!batch.owners.has(owner)) {
        if (waiting >= MAX_WAITING || batch.owners.size >= MAX_CERTIFICATES_PER_MESSAGE) return false
        batch.owners.add(owner)
        waiting += 1
      }
      return batch.answered
    },
  }
}
