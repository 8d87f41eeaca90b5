import { decodeBase58, encodeBase58 } from '../encoding/base58.ts'
import { compareBytes } from '../encoding/cbor.ts'
import { bytes, type Codec, mapped } from '../encoding/codec.ts'
import { MeshError } from '../fault.ts'
import type { PeerId } from './membership.ts'

/** Identity multihash (0x00) of 36 bytes: a protobuf public key of type Ed25519 with 32 bytes. @see libp2p peer-ids.md */
const PREFIX = Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20)
const PUBLIC_KEY_BYTES = 32
/** An Ed25519 PeerId has 52 characters; every one is `12D3Koo…`. */
const MAX_CHARS = 52

/** The PeerId of an Ed25519 public key of 32 bytes. */
export function peerIdOf(publicKey: Uint8Array): PeerId {
  if (publicKey.length !== PUBLIC_KEY_BYTES) throw new MeshError('malformed', 'An Ed25519 public key has 32 bytes')
  const multihash = new Uint8Array(PREFIX.length + PUBLIC_KEY_BYTES)
  multihash.set(PREFIX)
  multihash.set(publicKey, PREFIX.length)
  return encodeBase58(multihash)
}

/**
 * The Ed25519 public key inside a PeerId.
 *
 * @throws {MeshError} malformed - not the PeerId of an Ed25519 key in base58btc
 */
export function publicKeyOf(peer: PeerId): Uint8Array {
  const key = decodePeerId(peer)
  if (key === undefined) throw new MeshError('malformed', 'Not the PeerId of an Ed25519 key')
  return key
}

/** Whether a text is the PeerId of an Ed25519 key. */
export function isPeerId(text: string): boolean {
  return decodePeerId(text) !== undefined
}

/** A PeerId in messages: only the 32 bytes of its key. */
export const peerIdCodec: Codec<PeerId> = mapped(bytes(PUBLIC_KEY_BYTES), publicKeyOf, peerIdOf)

function decodePeerId(text: string): Uint8Array | undefined {
  const multihash = decodeBase58(text, MAX_CHARS)
  if (multihash?.length !== PREFIX.length + PUBLIC_KEY_BYTES) return undefined
  if (compareBytes(multihash.subarray(0, PREFIX.length), PREFIX) !== 0) return undefined
  return multihash.subarray(PREFIX.length)
}
