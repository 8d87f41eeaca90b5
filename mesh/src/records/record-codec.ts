import { signedBytes } from '../admission/domain.ts'
import type { Identity, VerifySignature } from '../admission/identity.ts'
import { peerIdCodec } from '../admission/peer-id.ts'
import { refusal } from '../admission/refusals.ts'
import { decodeCanonical, encodeCanonical } from '../encoding/cbor.ts'
import { bytes, type Codec, field, struct, text, uint } from '../encoding/codec.ts'
import { type KindRecord, PAYLOADS } from './payloads.ts'
import { MAX_RECORD_BYTES, type MeshRecord, type RecordKind, type SignedRecord } from './record.ts'

/** Version of the encoding; others are refused. */
export const RECORD_VERSION = 1
/** Longest life that an owner may ask for. */
export const MAX_TTL_MS = 10 * 60_000
/** Kinds in the order of the wire. */
export const RECORD_KINDS = [
  'presence',
  'service',
  'worker',
  'cloud',
  'demand',
  'suspicion',
  'departure',
] as const satisfies readonly RecordKind[]

const SIGNATURE_BYTES = 64
const PURPOSE = 'muster-record-1'

const anyValue: Codec<unknown> = { encode: (value) => value, decode: (value) => value }
const body = struct({
  owner: field(0, peerIdCodec),
  bootId: field(1, uint()),
  sequence: field(2, uint()),
  kind: field(3, uint(255)),
  subject: field(4, text(63)),
  issuedAt: field(5, uint()),
  ttlMs: field(6, uint(MAX_TTL_MS)),
  payload: field(7, anyValue),
})
const signature = bytes(SIGNATURE_BYTES)
const envelopeBody = bytes(1, MAX_RECORD_BYTES)

/**
 * Signs a record: CBOR array of version, encoded body, signature. The cluster is signed but not sent, so that a record
 * of one cluster never holds in another.
 *
 * @throws {MeshError} malformed - outside the bounds of its kind
 * @throws {MeshError} too-large - more than `MAX_RECORD_BYTES`
 */
export function signRecord(record: MeshRecord, cluster: string, identity: Pick<Identity, 'sign'>): SignedRecord {
  // What a struct encodes is `unknown`; the payload's codec is the one of its kind, or decoding would not find it again.
  const codec: Codec<unknown> = PAYLOADS[record.kind]
  const kind = RECORD_KINDS.indexOf(record.kind)
  const encoded = encodeCanonical(body.encode({ ...record, kind, payload: codec.encode(record.payload) }))
  const signed = identity.sign(signedBytes(PURPOSE, cluster, encoded))
  const whole = encodeCanonical([RECORD_VERSION, encoded, signed])
  if (whole.length > MAX_RECORD_BYTES) {
    throw refusal('too-large', `A ${record.kind} record of ${whole.length} bytes; at most ${MAX_RECORD_BYTES} are sent`)
  }
  return { record, bytes: whole }
}

/** A record that was read but not yet proven: `check` says whether its owner has signed it for this cluster. */
export interface ReadRecord extends SignedRecord {
  readonly isSigned: (cluster: string, verify: VerifySignature) => boolean
}

/**
 * Reads a record; fields that are not known here are ignored, but stay in `bytes` and under the signature.
 *
 * @throws {MeshError} too-large, malformed
 * @throws {MeshError} version-mismatch - of a version or a kind that this program does not know
 */
export function readRecord(whole: Uint8Array): ReadRecord {
  const outer = decodeCanonical(whole, MAX_RECORD_BYTES)
  if (!Array.isArray(outer)) throw refusal('malformed', 'Not a record')
  const parts: readonly unknown[] = outer
  if (typeof parts[0] !== 'number') throw refusal('malformed', 'Not a record')
  if (parts[0] !== RECORD_VERSION) {
    throw refusal('version-mismatch', `A record of version ${parts[0]}; this program reads ${RECORD_VERSION}`)
  }
  if (parts.length !== 3) throw refusal('malformed', 'Not a record')
  const encoded = envelopeBody.decode(parts[1])
  const signed = signature.decode(parts[2])
  const fields = body.decode(decodeCanonical(encoded, MAX_RECORD_BYTES))
  const kind = RECORD_KINDS[fields.kind]
  if (kind === undefined) throw refusal('version-mismatch', 'A record of a kind that this program does not know')
  const record: MeshRecord = { ...fields, kind, payload: PAYLOADS[kind].decode(fields.payload) }
  return {
    record,
    bytes: whole,
    isSigned: (cluster, verify) => verify(record.owner, signed, signedBytes(PURPOSE, cluster, encoded)),
  }
}

/** Whether a record is of a kind; then its payload is of that kind too, as reading and publishing have checked it. */
export function isKind<K extends RecordKind>(record: MeshRecord, kind: K): record is MeshRecord & KindRecord<K> {
  return record.kind === kind
}
