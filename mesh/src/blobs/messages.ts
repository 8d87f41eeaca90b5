import type { PeerId } from '../admission/membership.ts'
import { peerIdCodec } from '../admission/peer-id.ts'
import { refusal } from '../admission/refusals.ts'
import { decodeCanonical, encodeCanonical } from '../encoding/cbor.ts'
import { field, flag, listOf, oneOf, struct, uint } from '../encoding/codec.ts'
import type { FrameProtocol } from '../network/streams.ts'
import { type BlobId, blobIdCodec } from './blob-id.ts'

/** Version of `/muster/blob/1`; others are refused. */
export const BLOB_VERSION = 1
/**
 * Content travels in pieces of exactly this size; only the last one of a blob is shorter. A piece with all that is put
 * around it fits into one packet of the encryption (64 KiB): one byte more would make two of each.
 */
export const CHUNK_BYTES = 60 * 1024
/** Peers that one message names. */
export const MAX_HINTS = 8
/** Longest time for which one answer puts a peer off. */
export const MAX_RETRY_AFTER_MS = 60_000

const MAX_MESSAGE_BYTES = 4 * 1024

/**
 * `/muster/blob/1`. The opener asks once, the other side answers once. After `found` it sends the content from the
 * asked offset in frames of `CHUNK_BYTES`, as they are; the opener ends with `kept` when the hash is right.
 */
export const BLOB_PROTOCOL: FrameProtocol = {
  name: '/muster/blob/1',
  maxFrameBytes: CHUNK_BYTES,
  deadlineMs: 5 * 60_000,
  maxPerPeer: 6,
}

/** What the opener says. */
export type BlobRequest =
  /** Whether the other side has it now. */
  | { readonly type: 'have'; readonly id: BlobId }
  | {
      readonly type: 'get'
      readonly id: BlobId
      /** Bytes that the opener has already. */
      readonly offset: number
      /** Fetch it for this cloud if it is not there: the other side is on duty for it, as the opener sees the cloud. */
      readonly isDuty: boolean
      /** Peers that the opener has tried in vain; it is not sent to them again. */
      readonly tried: readonly PeerId[]
    }

/** Why a peer does not send now: `busy` with others · `fetching` it itself · `elsewhere` others of the cloud have it */
export type LaterReason = 'busy' | 'fetching' | 'elsewhere'

/** What the other side answers. */
export type BlobAnswer =
  /** To `have`: it is here. To `get`: the content follows. `size` is that of the whole blob. */
  | { readonly type: 'found'; readonly size: number }
  | { readonly type: 'missing' }
  | {
      readonly type: 'later'
      readonly reason: LaterReason
      readonly retryAfterMs: number
      /** Peers who have it or are getting it, as far as the other side knows. */
      readonly peers: readonly PeerId[]
    }

const LATER_REASONS = ['busy', 'fetching', 'elsewhere'] as const
const peerList = listOf(peerIdCodec, MAX_HINTS)
const have = struct({ id: field(0, blobIdCodec) })
const get = struct({
  id: field(0, blobIdCodec),
  offset: field(1, uint()),
  isDuty: field(2, flag),
  tried: field(3, peerList),
})
const found = struct({ size: field(0, uint()) })
const later = struct({
  reason: field(0, oneOf(LATER_REASONS)),
  retryAfterMs: field(1, uint(MAX_RETRY_AFTER_MS)),
  peers: field(2, peerList),
})

/** Ends a transfer: the opener has the whole blob and verified it. */
export const KEPT = encodeCanonical([BLOB_VERSION, 'kept'])

/** CBOR array of version, type and body. @throws {MeshError} malformed */
export function encodeBlobRequest(request: BlobRequest): Uint8Array {
  const body = request.type === 'have' ? [0, have.encode(request)] : [1, get.encode(request)]
  return encodeCanonical([BLOB_VERSION, ...body])
}

/** @throws {MeshError} too-large, malformed; version-mismatch - of another version or an unknown type */
export function decodeBlobRequest(encoded: Uint8Array): BlobRequest {
  const [type, body] = open(encoded)
  if (type === 0) return { type: 'have', ...have.decode(body) }
  if (type === 1) return { type: 'get', ...get.decode(body) }
  throw unknownType()
}

/** @throws {MeshError} malformed */
export function encodeBlobAnswer(answer: BlobAnswer): Uint8Array {
  return encodeCanonical([BLOB_VERSION, ...bodyOf(answer)])
}

/** @throws {MeshError} too-large, malformed; version-mismatch - of another version or an unknown type */
export function decodeBlobAnswer(encoded: Uint8Array): BlobAnswer {
  const [type, body] = open(encoded)
  if (type === 0) return { type: 'found', ...found.decode(body) }
  if (type === 1) return { type: 'missing' }
  if (type === 2) return { type: 'later', ...later.decode(body) }
  throw unknownType()
}

function bodyOf(answer: BlobAnswer): readonly unknown[] {
  switch (answer.type) {
    case 'found':
      return [0, found.encode(answer)]
    case 'missing':
      return [1, new Map()]
    case 'later':
      return [2, later.encode(answer)]
  }
}

function open(encoded: Uint8Array): readonly [unknown, unknown] {
  const parts = decodeCanonical(encoded, MAX_MESSAGE_BYTES)
  if (!Array.isArray(parts)) throw refusal('malformed', 'Not a message about blobs')
  const [version, type, body]: readonly unknown[] = parts
  if (version !== BLOB_VERSION) throw refusal('version-mismatch', `This program speaks blob version ${BLOB_VERSION}`)
  return [type, body]
}

function unknownType(): Error {
  return refusal('version-mismatch', 'A message about blobs of a type that this program does not know')
}
