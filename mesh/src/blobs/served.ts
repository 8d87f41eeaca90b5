import type { PeerId } from '../admission/membership.ts'
import type { BlobId } from './blob-id.ts'
import type { ServedCount } from './exchange.ts'
import { MAX_HINTS } from './messages.ts'

/** One transfer that the other side has confirmed. */
export interface Serving {
  readonly peer: PeerId
  /** Empty for a peer without a cloud. */
  readonly cloud: string
  readonly id: BlobId
  /** Bytes that were sent: fewer than the blob has when the rest came from others. */
  readonly bytes: number
}

const MAX_SERVINGS = 1_000
/** Blobs of which is remembered who has got them from here. */
const MAX_BLOBS = 256

/** What this node has given to whom. */
export interface ServedLog {
  /** A transfer begins; exactly one of the two others follows. */
  began(peer: PeerId, id: BlobId): void
  kept(serving: Serving): void
  broken(peer: PeerId, id: BlobId, cloud: string): void
  /** Peers who have the blob from here, the newest last, then those who are getting it. */
  holders(id: BlobId): readonly PeerId[]
  servings(): readonly Serving[]
  counts(): readonly ServedCount[]
}

/** Nothing was given yet. */
export function createServedLog(): ServedLog {
  const servings: Serving[] = []
  const counts = new Map<string, ServedCount>()
  const holders = new Map<BlobId, readonly PeerId[]>()
  const getting = new Map<BlobId, readonly PeerId[]>()
  const end = (peer: PeerId, id: BlobId) => {
    const left = (getting.get(id) ?? []).filter((one) => one !== peer)
    if (left.length > 0) getting.set(id, left)
    else getting.delete(id)
  }
  const count = (cloud: string, change: (before: ServedCount) => ServedCount) => {
    counts.set(cloud, change(counts.get(cloud) ?? { cloud, blobs: 0, bytes: 0, broken: 0 }))
  }
  return {
    began: (peer, id) => void getting.set(id, [...(getting.get(id) ?? []), peer]),
    kept(serving) {
      const { peer, id, cloud, bytes } = serving
      end(peer, id)
      servings.push(serving)
      if (servings.length > MAX_SERVINGS) servings.shift()
      count(cloud, (before) => ({ ...before, blobs: before.blobs + 1, bytes: before.bytes + bytes }))
      const known = (holders.get(id) ?? []).filter((one) => one !== peer)
      holders.delete(id)
      holders.set(id, [...known, peer].slice(-4 * MAX_HINTS))
      const oldest = holders.size > MAX_BLOBS ? holders.keys().next().value : undefined
      if (oldest !== undefined) holders.delete(oldest)
    },
    broken(peer, id, cloud) {
      end(peer, id)
      count(cloud, (before) => ({ ...before, broken: before.broken + 1 }))
    },
    holders: (id) => [...(holders.get(id) ?? []), ...(getting.get(id) ?? [])],
    servings: () => [...servings],
    counts: () => [...counts.values()],
  }
}
