import type { Clock } from '@muster/runtime/clock.ts'
import type { Random } from '@muster/runtime/random.ts'
import type { PeerId } from '../admission/membership.ts'
import { equalBytes } from '../encoding/cbor.ts'
import type { FrameStream } from '../network/streams.ts'
import type { BlobId } from './blob-id.ts'
import { type GrantEvent, type GrantsState, nextGrants } from './grants.ts'
import {
  type BlobAnswer,
  type BlobRequest,
  CHUNK_BYTES,
  decodeBlobRequest,
  encodeBlobAnswer,
  KEPT,
  type LaterReason,
  MAX_HINTS,
} from './messages.ts'
import type { BlobPeers } from './peers.ts'
import type { ServedLog } from './served.ts'
import type { Slots } from './slots.ts'
import type { BlobReader, BlobStore } from './store.ts'
import { createWatchdog, type Watchdog } from './watchdog.ts'

/** What serving stands on. */
export interface ServeParts {
  readonly store: BlobStore
  readonly peers: BlobPeers
  readonly clock: Clock
  readonly random: Random
  readonly slots: Slots
  readonly log: ServedLog
  readonly stallMs: number
  /** What was sent to other clouds. */
  readonly grants: { state: GrantsState }
  readonly isFetching: (id: BlobId) => boolean
  /**
   * Resolves when the running fetch of the blob has ended, or after a while; at once when too many wait. So a storm
   * waits in conversations that cost nothing, and does not ask again and again.
   */
  readonly untilFetched: (id: BlobId) => Promise<void>
  /** Begins to fetch for the cloud. @returns false when it was tried lately in vain, or too much is under way */
  readonly fetchOnDuty: (id: BlobId) => boolean
  readonly onPutOff: () => void
}

type GetRequest = BlobRequest & { readonly type: 'get' }

/** Answers one conversation. Rejects when the other side does not keep to the protocol or breaks off. */
export async function serveBlob(parts: ServeParts, stream: FrameStream): Promise<void> {
  const watchdog = createWatchdog(parts.clock, parts.stallMs, () => stream.reset())
  try {
    const first = await stream.receive()
    if (first === undefined) return
    watchdog.fed()
    const request = decodeBlobRequest(first)
    if (request.type === 'have') await stream.send(encodeBlobAnswer(await answerHave(parts, stream.peer, request.id)))
    else await serveGet(parts, stream, request, watchdog)
  } finally {
    watchdog.stop()
  }
}

async function answerHave(parts: ServeParts, peer: PeerId, id: BlobId): Promise<BlobAnswer> {
  if (parts.isFetching(id)) return later(parts, peer, id, 'fetching')
  const reader = await parts.store.open(id)
  await reader?.close()
  return reader === undefined ? { type: 'missing' } : { type: 'found', size: reader.size }
}

async function serveGet(
  parts: ServeParts,
  stream: FrameStream,
  request: GetRequest,
  watchdog: Watchdog,
): Promise<void> {
  if (!parts.store.has(request.id) && isOnItsWay(parts, stream.peer, request)) {
    await parts.untilFetched(request.id)
    watchdog.fed()
  }
  const release = parts.slots.take(stream.peer, parts.clock.monotonic())
  try {
    const reader = release === undefined ? undefined : await parts.store.open(request.id)
    if (reader === undefined) {
      const isBusy = release === undefined && parts.store.has(request.id)
      await stream.send(
        encodeBlobAnswer(isBusy ? later(parts, stream.peer, request.id, 'busy') : absent(parts, stream.peer, request)),
      )
      return
    }
    try {
      await giveOrSendAway(parts, stream, request, reader, watchdog)
    } finally {
      await reader.close()
    }
  } finally {
    release?.()
  }
}

/** It is not here: fetches it when it is this node's duty, for members of the own cloud only. */
function isOnItsWay(parts: ServeParts, peer: PeerId, { id, isDuty }: GetRequest): boolean {
  return parts.isFetching(id) || (isDuty && isOwnCloud(parts.peers, peer) && parts.fetchOnDuty(id))
}

function absent(parts: ServeParts, peer: PeerId, request: GetRequest): BlobAnswer {
  return isOnItsWay(parts, peer, request) ? later(parts, peer, request.id, 'fetching') : { type: 'missing' }
}

async function giveOrSendAway(
  parts: ServeParts,
  stream: FrameStream,
  request: GetRequest,
  reader: BlobReader,
  watchdog: Watchdog,
): Promise<void> {
  const { peer } = stream
  const cloud = parts.peers.cloudOf(peer)
  const isGuarded = cloud !== undefined && !isOwnCloud(parts.peers, peer)
  const base = { cloud: cloud ?? '', id: reader.id, peer }
  if (isGuarded) {
    const answer = ask(parts, { type: 'asked', ...base, size: reader.size, tried: request.tried })
    if (answer !== undefined) {
      await stream.send(encodeBlobAnswer(answer))
      return
    }
  }
  let isKept = false
  parts.log.began(peer, reader.id)
  try {
    isKept = await give(stream, request.offset, reader, watchdog)
  } finally {
    if (isKept) parts.log.kept({ ...base, bytes: reader.size - request.offset })
    else parts.log.broken(peer, reader.id, base.cloud)
    if (isGuarded) ask(parts, { type: 'ended', ...base, isKept })
  }
}

/** @returns the answer that sends the peer away; undefined when it is to be served */
function ask(parts: ServeParts, event: GrantEvent): BlobAnswer | undefined {
  const { state, effects } = nextGrants(parts.grants.state, event, parts.clock.monotonic())
  parts.grants.state = state
  const effect = effects[0]
  if (effect?.type !== 'send-away') return undefined
  parts.onPutOff()
  return { type: 'later', reason: 'elsewhere', retryAfterMs: Math.round(effect.retryAfterMs), peers: effect.peers }
}

/** @returns whether the other side has confirmed the whole */
async function give(stream: FrameStream, offset: number, reader: BlobReader, watchdog: Watchdog): Promise<boolean> {
  await stream.send(encodeBlobAnswer({ type: 'found', size: reader.size }))
  for (let at = offset; at < reader.size; at += CHUNK_BYTES) {
    await stream.send(await reader.read(at, CHUNK_BYTES))
    watchdog.fed()
  }
  const last = await stream.receive()
  return last !== undefined && equalBytes(last, KEPT)
}

function later(parts: ServeParts, peer: PeerId, id: BlobId, reason: LaterReason): BlobAnswer {
  parts.onPutOff()
  const retryAfterMs = parts.slots.putOff(peer, parts.clock.monotonic())
  return { type: 'later', reason, retryAfterMs, peers: someHolders(parts, peer, id) }
}

/** A few of those who got it from here, others each time; of the asker's cloud, for it does not ask elsewhere. */
function someHolders(parts: ServeParts, asker: PeerId, id: BlobId): readonly PeerId[] {
  const cloud = parts.peers.cloudOf(asker)
  const pool = parts.log.holders(id).filter((peer) => peer !== asker && parts.peers.cloudOf(peer) === cloud)
  const first = pool.length > MAX_HINTS ? parts.random.integer(pool.length) : 0
  return [...pool.slice(first), ...pool.slice(0, first)].slice(0, MAX_HINTS)
}

function isOwnCloud(peers: BlobPeers, peer: PeerId): boolean {
  const own = peers.cloudOf(peers.self)
  return own !== undefined && peers.cloudOf(peer) === own
}
