import { createHash } from 'node:crypto'
import { bytes, type Codec, mapped } from '../encoding/codec.ts'

/** Name of a blob: the SHA-256 of its bytes, 64 digits of lower-case hex. */
export type BlobId = string

const PATTERN = /^[0-9a-f]{64}$/
const HASH_BYTES = 32

/** Whether a text has the form of a blob's name. */
export function isBlobId(value: string): value is BlobId {
  return PATTERN.test(value)
}

/** The name that these bytes have. */
export function blobIdOf(content: Uint8Array): BlobId {
  return createHash('sha256').update(content).digest('hex')
}

/** On the wire a name is the 32 bytes of the hash. */
export const blobIdCodec: Codec<BlobId> = mapped(
  bytes(HASH_BYTES),
  (id: BlobId) => new Uint8Array(Buffer.from(id, 'hex')),
  (hash) => Buffer.from(hash).toString('hex'),
)
