import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { ed25519 } from '@noble/curves/ed25519.js'
import { base64url } from 'jose'
import type { VerifySignature } from './identity.ts'
import type { PeerId } from './membership.ts'
import { publicKeyOf } from './peer-id.ts'

/** Keys that stay ready for use: the members of a large cluster. */
const MAX_KEYS = 2000
const SIGNATURE_BYTES = 64

/**
 * `verifySignature` by the machine's own library, an order of magnitude faster: for programs that check every record of
 * a cluster. It accepts what the other accepts of honest signers; keys of small order are refused here too.
 *
 * @param maxKeys - keys that are kept decoded. @default 2000
 */
export function createNativeVerifier(maxKeys: number = MAX_KEYS): VerifySignature {
  const keys = new Map<PeerId, KeyObject | undefined>()
  const keyOf = (peer: PeerId): KeyObject | undefined => {
    if (keys.has(peer)) return keys.get(peer)
    const key = importKey(peer)
    const [oldest] = keys.keys()
    if (keys.size >= maxKeys && oldest !== undefined) keys.delete(oldest)
    keys.set(peer, key)
    return key
  }
  return (peer, signature, message) => {
    if (signature.length !== SIGNATURE_BYTES) return false
    const key = keyOf(peer)
    return key !== undefined && verify(null, message, key, signature)
  }
}

/** The key of a peer, or undefined when it is no point of the curve or one of small order. */
function importKey(peer: PeerId): KeyObject | undefined {
  try {
    const bytes = publicKeyOf(peer)
    if (ed25519.Point.fromBytes(bytes).isSmallOrder()) return undefined
    return createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: base64url.encode(bytes) } })
  } catch {
    // No PeerId of Ed25519, or no point: nobody can have signed with it.
    return undefined
  }
}
