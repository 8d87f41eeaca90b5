import type { Clock } from '@muster/runtime/clock.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { Issuer } from '../admission/issuer.ts'
import { encodeJoinAnswer } from '../admission/join.ts'
import type { PeerId } from '../admission/membership.ts'
import type { RefusalCause, RefusalCounter } from '../admission/refusals.ts'
import { MeshError } from '../fault.ts'
import type { Streams } from '../network/streams.ts'
import { type Bucket, fullBucket, type Rate, takeOne } from '../records/token-bucket.ts'
import { JOIN_PROTOCOL, receiveJoinRequest, sendJoinAnswer } from './protocol.ts'

/** Requests of one peer: a machine asks once, or again after its answer was lost. */
const PEER_RATE: Rate = { perSecond: 0.2, burst: 10 }
const RETRY_AFTER_MS = 10_000
/** Conversations at once: each waits for the disk, and perhaps for a list of the cloud. */
const MAX_CONVERSATIONS = 512
/** Peers whose rate is remembered; beyond it the one that was not heard for longest starts anew. */
const MAX_PEERS = 4096

/** What admitting others stands on. */
export interface ServeJoinParts {
  readonly issuer: Pick<Issuer, 'answer'>
  readonly clock: Pick<Clock, 'monotonic'>
  readonly log: Log
  /** The issuer's own counter. */
  readonly refusals: RefusalCounter
}

/** Answers join requests of strangers and renewals of members; what is refused is counted. */
export function serveJoin(streams: Pick<Streams, 'serve'>, parts: ServeJoinParts): void {
  const { issuer, clock, log, refusals } = parts
  const isWithinRate = createPeerRates(clock)
  let conversations = 0

  const answerTo = async (request: Uint8Array, peer: PeerId): Promise<Uint8Array> => {
    const refuse = (cause: RefusalCause) => {
      refusals.count(cause, { peer })
      return encodeJoinAnswer({ outcome: 'refused', cause, retryAfterMs: RETRY_AFTER_MS })
    }
    if (!isWithinRate(peer)) return refuse('rate-limited')
    if (conversations > MAX_CONVERSATIONS) return refuse('try-later')
    return issuer.answer(request, peer)
  }

  streams.serve(JOIN_PROTOCOL, async (stream) => {
    conversations += 1
    try {
      const request = await receiveJoinRequest(stream)
      if (request === undefined) return
      await sendJoinAnswer(stream, await answerTo(request, stream.peer))
    } catch (error) {
      // A peer that goes away or sends nonsense is its own affair; anything else is one of this program.
      if (!(error instanceof MeshError)) log.error({ error, peer: stream.peer }, 'A join request could not be answered')
      throw error
    } finally {
      conversations -= 1
    }
  })
}

/** A bucket for each peer, those of the last `MAX_PEERS`. */
function createPeerRates(clock: Pick<Clock, 'monotonic'>): (peer: PeerId) => boolean {
  const buckets = new Map<PeerId, Bucket>()
  return (peer) => {
    const now = clock.monotonic()
    const before = buckets.get(peer) ?? fullBucket(PEER_RATE, now)
    const after = takeOne(before, PEER_RATE, now)
    // Taken out and put in again, the first of the map is the one that was not heard for longest.
    buckets.delete(peer)
    buckets.set(peer, after ?? before)
    const [oldest] = buckets.keys()
    if (buckets.size > MAX_PEERS && oldest !== undefined) buckets.delete(oldest)
    return after !== undefined
  }
}
