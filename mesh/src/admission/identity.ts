import { ed25519 } from '@noble/curves/ed25519.js'
import { base64url, CompactSign, importJWK } from 'jose'
import { MeshError } from '../fault.ts'
import type { PeerId } from './membership.ts'
import { peerIdOf, publicKeyOf } from './peer-id.ts'

const SEED_BYTES = 32
const SIGNATURE_BYTES = 64

/** A node's own key, which signs but does not show itself. */
export interface Identity {
  readonly peer: PeerId
  /** Ed25519 signature of 64 bytes. `message` must begin with the name of what it is, see `domain.ts`. */
  readonly sign: (message: Uint8Array) => Uint8Array
  /** A compact JWS (EdDSA) of `claims`. @param typ - the header's `typ`, which says what the claims are */
  readonly signJws: (claims: object, typ: string) => Promise<string>
}

/** Whether `signature` is `peer`'s over `message`; false for anything malformed, never throws. */
export type VerifySignature = (peer: PeerId, signature: Uint8Array, message: Uint8Array) => boolean

/**
 * The identity of a seed.
 *
 * @param seed - 32 secret random bytes; the same seed makes the same libp2p key
 * @throws {MeshError} malformed - not 32 bytes
 */
export function createIdentity(seed: Uint8Array): Identity {
  if (seed.length !== SEED_BYTES) throw new MeshError('malformed', 'The seed of an Ed25519 key has 32 bytes')
  const secret = Uint8Array.from(seed)
  const publicKey = ed25519.getPublicKey(secret)
  return {
    peer: peerIdOf(publicKey),
    sign: (message) => ed25519.sign(message, secret),
    async signJws(claims, typ) {
      const jwk = { kty: 'OKP', crv: 'Ed25519', x: base64url.encode(publicKey), d: base64url.encode(secret) }
      const payload = new TextEncoder().encode(JSON.stringify(claims))
      return new CompactSign(payload).setProtectedHeader({ alg: 'EdDSA', typ }).sign(await importJWK(jwk, 'EdDSA'))
    },
  }
}

/** Strict RFC 8032 verification: one key, one message, one accepted form of the point, so no weak or mixed keys. */
export const verifySignature: VerifySignature = (peer, signature, message) => {
  if (signature.length !== SIGNATURE_BYTES) return false
  try {
    return ed25519.verify(signature, message, publicKeyOf(peer), { zip215: false })
  } catch {
    // The library throws for points that are not on the curve; for a caller that is one more way to be wrong.
    return false
  }
}
