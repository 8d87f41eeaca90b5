import { MAX_CERTIFICATE_BYTES } from '../admission/certificate.ts'
import type { PeerId } from '../admission/membership.ts'
import { MAX_LABEL_CHARS } from '../admission/names.ts'
import { peerIdCodec } from '../admission/peer-id.ts'
import { refusal } from '../admission/refusals.ts'
import { decodeCanonical, encodeCanonical } from '../encoding/cbor.ts'
import { bytes, type Codec, field, flag, listOf, oneOf, optional, struct, text, uint } from '../encoding/codec.ts'
import {
  type Difference,
  type Digest,
  MAX_BUCKETS,
  MAX_RECORDS_PER_MESSAGE,
  MAX_SUMMARIES,
  MIN_BUCKETS,
  PRINT_BYTES,
  type Summaries,
} from './digest.ts'
import { MAX_RECORD_BYTES } from './record.ts'
import type { Topic } from './topics.ts'

/** Version of `/muster/sync/1`; others are refused. */
export const SYNC_VERSION = 1
/** Certificates in one message; with them and 256 records a message stays below its limit. */
export const MAX_CERTIFICATES_PER_MESSAGE = 128
/** Largest message on the stream: one revocation list of full length. */
export const MAX_SYNC_BYTES = 576 * 1024
/** Issuers in one `news`: more than a definition can name. */
const MAX_ISSUERS = 513
/** Largest definition or revocation list. */
const MAX_DOCUMENT_BYTES = 512 * 1024
/** Records in one `news`: all that one owner may have. */
export const MAX_OWN_RECORDS = 32

/** What a node knows of the cluster's signed documents, and what it has to say of itself. */
export interface News {
  readonly definitionVersion: number
  /** Version of the newest list of each issuer. */
  readonly revocations: readonly { readonly issuer: PeerId; readonly version: number }[]
  /** The sender's own, which it may have renewed; left out by those whom the definition names. */
  readonly certificate?: string
  /** The sender's own records, for a receiver that follows their topic when the sender does not. */
  readonly records: readonly Uint8Array[]
}

/** A signed document to pass on. */
export interface NewsDocument {
  readonly kind: 'definition' | 'revocations'
  /** Compact JWS. */
  readonly token: string
}

/**
 * A message of a sync exchange. One side opens with `digest` (periodic) or with `snapshot-request` (on join and heal);
 * `summaries` answers a digest, `difference` the summaries, `records` the wishes in a difference or a snapshot request.
 * `certificate-request` asks for the certificates of owners that are not known; `records` without records answers it.
 * `news` opens an exchange of definition and revocations: each side sends `document`s that the other's news lack, the
 * second one its own news in between.
 */
export type SyncMessage =
  | { readonly type: 'digest'; readonly topic: Topic; readonly digest: Digest }
  | { readonly type: 'summaries'; readonly summaries: Summaries }
  | { readonly type: 'difference'; readonly difference: Difference; readonly certificates: readonly string[] }
  | { readonly type: 'snapshot-request'; readonly topic: Topic }
  | { readonly type: 'certificate-request'; readonly peers: readonly PeerId[] }
  | {
      readonly type: 'records'
      readonly records: readonly Uint8Array[]
      readonly certificates: readonly string[]
      readonly isLast: boolean
    }
  | ({ readonly type: 'news' } & News)
  | ({ readonly type: 'document' } & NewsDocument)

const print = bytes(PRINT_BYTES)
const cloudName = text(MAX_LABEL_CHARS)
const recordBytes = bytes(1, MAX_RECORD_BYTES)
const recordList = listOf(recordBytes, MAX_RECORDS_PER_MESSAGE)
const certificates = listOf(text(MAX_CERTIFICATE_BYTES), MAX_CERTIFICATES_PER_MESSAGE)
const bucketList = listOf(print, MAX_BUCKETS)
const summary = struct({
  place: field(0, print),
  print: field(1, print),
  bootId: field(2, uint()),
  sequence: field(3, uint()),
})

const topic: Codec<Topic> = {
  encode: (value) => cloudName.encode(value.name === 'workers' ? value.cloud : ''),
  decode(value) {
    const cloud = cloudName.decode(value)
    return cloud === '' ? { name: 'directory' } : { name: 'workers', cloud }
  },
}

const digest = struct({ topic: field(0, topic), digest: field(1, struct({ buckets: field(0, bucketList) })) })
const summaries = struct({
  summaries: field(
    0,
    struct({
      bucketCount: field(0, uint(MAX_BUCKETS)),
      buckets: field(1, listOf(uint(MAX_BUCKETS - 1), MAX_BUCKETS)),
      entries: field(2, listOf(summary, MAX_SUMMARIES)),
    }),
  ),
})
const difference = struct({
  difference: field(
    0,
    struct({ records: field(0, recordList), wanted: field(1, listOf(print, MAX_RECORDS_PER_MESSAGE)) }),
  ),
  certificates: field(1, certificates),
})
const snapshotRequest = struct({ topic: field(0, topic) })
const certificateRequest = struct({ peers: field(0, listOf(peerIdCodec, MAX_CERTIFICATES_PER_MESSAGE)) })
const records = struct({
  records: field(0, recordList),
  certificates: field(1, certificates),
  isLast: field(2, flag),
})

const news = struct({
  definitionVersion: field(0, uint()),
  revocations: field(1, listOf(struct({ issuer: field(0, peerIdCodec), version: field(1, uint()) }), MAX_ISSUERS)),
  certificate: optional(2, text(MAX_CERTIFICATE_BYTES)),
  records: field(3, listOf(recordBytes, MAX_OWN_RECORDS)),
})
const document = struct({
  kind: field(0, oneOf(['definition', 'revocations'])),
  token: field(1, text(MAX_DOCUMENT_BYTES)),
})

/** Encodes a message: CBOR array of version, type and body. @throws {MeshError} malformed, too-large */
export function encodeSyncMessage(message: SyncMessage): Uint8Array {
  const encoded = encodeCanonical([SYNC_VERSION, ...bodyOf(message)])
  if (encoded.length > MAX_SYNC_BYTES) throw refusal('too-large', `A sync message of ${encoded.length} bytes`)
  return encoded
}

/** @throws {MeshError} too-large, malformed; version-mismatch - of another version or an unknown type */
export function decodeSyncMessage(encoded: Uint8Array): SyncMessage {
  const parts = decodeCanonical(encoded, MAX_SYNC_BYTES)
  if (!Array.isArray(parts)) throw refusal('malformed', 'Not a sync message')
  const [version, type, body]: readonly unknown[] = parts
  if (version !== SYNC_VERSION) throw refusal('version-mismatch', `This program speaks sync version ${SYNC_VERSION}`)
  switch (type) {
    case 0:
      return { type: 'digest', ...checkedDigest(digest.decode(body)) }
    case 1:
      return { type: 'summaries', ...checkedSummaries(summaries.decode(body)) }
    case 2:
      return { type: 'difference', ...difference.decode(body) }
    case 3:
      return { type: 'snapshot-request', ...snapshotRequest.decode(body) }
    case 4:
      return { type: 'certificate-request', ...certificateRequest.decode(body) }
    case 5:
      return { type: 'records', ...records.decode(body) }
    case 6:
      return { type: 'news', ...news.decode(body) }
    case 7:
      return { type: 'document', ...document.decode(body) }
    default:
      throw refusal('version-mismatch', 'A sync message of a type that this program does not know')
  }
}

function bodyOf(message: SyncMessage): readonly [number, unknown] {
  switch (message.type) {
    case 'digest':
      return [0, digest.encode(message)]
    case 'summaries':
      return [1, summaries.encode(message)]
    case 'difference':
      return [2, difference.encode(message)]
    case 'snapshot-request':
      return [3, snapshotRequest.encode(message)]
    case 'certificate-request':
      return [4, certificateRequest.encode(message)]
    case 'records':
      return [5, records.encode(message)]
    case 'news':
      return [6, news.encode(message)]
    case 'document':
      return [7, document.encode(message)]
  }
}

function checkedDigest<T extends { readonly digest: Digest }>(message: T): T {
  checkBucketCount(message.digest.buckets.length)
  return message
}

function checkedSummaries<T extends { readonly summaries: Summaries }>(message: T): T {
  checkBucketCount(message.summaries.bucketCount)
  return message
}

/** Buckets are chosen by bits, so their number is a power of two. */
function checkBucketCount(count: number): void {
  if (count < MIN_BUCKETS || !Number.isInteger(Math.log2(count))) throw refusal('malformed', 'A digest of odd size')
}
