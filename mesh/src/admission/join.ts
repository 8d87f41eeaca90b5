import { utf8ToBytes } from '@noble/hashes/utils.js'
import { decodeCanonical, encodeCanonical, equalBytes } from '../encoding/cbor.ts'
import { bytes, type Decoded, field, listOf, oneOf, optional, struct, text, uint } from '../encoding/codec.ts'
import { MAX_CERTIFICATE_BYTES, verifyCertificate } from './certificate.ts'
import { type SignedDefinition, type Trust, verifyDefinition } from './definition.ts'
import { signedBytes } from './domain.ts'
import type { Identity, VerifySignature } from './identity.ts'
import { TOKEN_CHARS } from './join-token.ts'
import type { Membership, PeerId } from './membership.ts'
import { peerIdCodec } from './peer-id.ts'
import { REFUSAL_CAUSES, type RefusalCause, refusal } from './refusals.ts'
import { addRevocations, NO_REVOCATIONS, type RevocationBook, verifyRevocations } from './revocation.ts'

/** Versions of `/muster/join/1` that this program speaks. */
export const JOIN_VERSIONS = { min: 1, max: 1 } as const
/** Largest request. */
export const MAX_JOIN_REQUEST_BYTES = 4096
/** Largest answer: a certificate, the definition and revocation lists. */
export const MAX_JOIN_ANSWER_BYTES = 1024 * 1024
export const JOIN_NONCE_BYTES = 16

const PURPOSE = 'muster-join-1'

const versions = struct({ min: field(0, uint(1000)), max: field(1, uint(1000)) })
const head = struct({ versions: field(0, versions) })
const request = struct({
  versions: field(0, versions),
  cluster: field(1, text(64)),
  peer: field(2, peerIdCodec),
  nonce: field(3, bytes(JOIN_NONCE_BYTES)),
  /** What gives the right: a join token, or the certificate that is to be renewed. */
  kind: field(4, oneOf(['join', 'renew'])),
  right: field(5, text(MAX_CERTIFICATE_BYTES)),
  proof: field(6, bytes(64)),
  /** The cloud's identifier of the machine, as the machine knows it; its agent compares it with its own list. */
  instance: optional(7, text(128)),
})
const admitted = struct({
  version: field(0, uint(1000)),
  nonce: field(1, bytes(JOIN_NONCE_BYTES)),
  certificate: field(2, text(MAX_CERTIFICATE_BYTES)),
  definition: field(3, text(256 * 1024)),
  revocations: field(4, listOf(text(512 * 1024), 64)),
})
const refused = struct({
  cause: field(0, uint(255)),
  retryAfterMs: optional(1, uint(24 * 60 * 60_000)),
})

/** A request to become or to stay a member. */
export type JoinRequest = Decoded<typeof request>

/** What the issuer answers. */
export type JoinAnswer =
  | ({ readonly outcome: 'admitted' } & Decoded<typeof admitted>)
  | { readonly outcome: 'refused'; readonly cause: RefusalCause; readonly retryAfterMs?: number }

/** What a peer asks for. */
export interface JoinWish {
  readonly cluster: string
  /** Whom it asks: the request means nothing to another issuer. */
  readonly issuer: PeerId
  readonly kind: 'join' | 'renew'
  /** The token's or certificate's characters. */
  readonly right: string
  /** 16 random bytes. */
  readonly nonce: Uint8Array
  readonly instance?: string
}

/** The request of a peer that proves to hold its key. @throws {MeshError} malformed - out of bounds */
export function createJoinRequest(wish: JoinWish, identity: Identity): JoinRequest {
  const { issuer, ...rest } = wish
  const unsigned = { ...rest, versions: JOIN_VERSIONS, peer: identity.peer }
  return { ...unsigned, proof: identity.sign(provenBytes(unsigned, issuer)) }
}

/** Whether the peer of a request holds its key and means this issuer. */
export function isProven(join: JoinRequest, issuer: PeerId, verify: VerifySignature): boolean {
  return verify(join.peer, join.proof, provenBytes(join, issuer))
}

export function encodeJoinRequest(join: JoinRequest): Uint8Array {
  return encodeCanonical(request.encode(join))
}

/**
 * Reads a request.
 *
 * @throws {MeshError} version-mismatch - no version in common
 * @throws {MeshError} too-large, malformed
 */
export function decodeJoinRequest(encoded: Uint8Array): JoinRequest {
  const value = decodeCanonical(encoded, MAX_JOIN_REQUEST_BYTES)
  const { min, max } = head.decode(value).versions
  if (min > JOIN_VERSIONS.max || max < JOIN_VERSIONS.min) {
    throw refusal('version-mismatch', `The peer speaks join versions ${min} to ${max}`, {
      hint: 'Update the older of both programs.',
    })
  }
  const join = request.decode(value)
  if (join.kind === 'join' && join.right.length !== TOKEN_CHARS) throw refusal('malformed', 'Not a join token')
  return join
}

/** @throws {MeshError} too-large - the definition and the revocations are above the limit */
export function encodeJoinAnswer(answer: JoinAnswer): Uint8Array {
  const encoded = encodeCanonical(
    answer.outcome === 'admitted' ? [0, admitted.encode(answer)] : [1, encodeRefusal(answer)],
  )
  if (encoded.length > MAX_JOIN_ANSWER_BYTES) throw refusal('too-large', 'A join answer above its limit')
  return encoded
}

/** @throws {MeshError} too-large, malformed, version-mismatch */
export function decodeJoinAnswer(encoded: Uint8Array): JoinAnswer {
  const value = decodeCanonical(encoded, MAX_JOIN_ANSWER_BYTES)
  if (!Array.isArray(value)) throw refusal('malformed', 'Not a join answer')
  const [type, body]: readonly unknown[] = value
  if (type === 0) {
    const answer = admitted.decode(body)
    if (answer.version < JOIN_VERSIONS.min || answer.version > JOIN_VERSIONS.max) {
      throw refusal('version-mismatch', `The issuer answered with join version ${answer.version}`)
    }
    return { outcome: 'admitted', ...answer }
  }
  if (type !== 1) throw refusal('malformed', 'Not a join answer')
  const { cause, ...rest } = refused.decode(body)
  // A newer issuer may refuse for a cause that has no name here; it is a refusal all the same.
  return { outcome: 'refused', cause: REFUSAL_CAUSES[cause] ?? 'not-approved', ...rest }
}

/** What a new member holds after its answer was checked. */
export interface Joined {
  readonly membership: Membership
  readonly certificate: string
  readonly definition: SignedDefinition
  readonly revocations: RevocationBook
}

/**
 * Checks an answer as far as it can be checked: the whole chain from the coordinator's key down to this peer's own.
 *
 * @throws {MeshError} refused, bad-token, … - the issuer refused; `details.cause` says why
 * @throws {MeshError} bad-signature, bad-certificate - the chain does not hold, or the answer is to another request
 */
export async function openJoinAnswer(
  answer: JoinAnswer,
  asked: { readonly trust: Trust; readonly peer: PeerId; readonly nonce: Uint8Array; readonly now: number },
): Promise<Joined> {
  if (answer.outcome === 'refused') {
    throw refusal(answer.cause, `The issuer refused to admit this machine: ${answer.cause}`)
  }
  if (!equalBytes(answer.nonce, asked.nonce)) throw refusal('bad-proof', 'An answer to another join request')
  const definition = await verifyDefinition(answer.definition, asked.trust)
  let revocations = NO_REVOCATIONS
  for (const token of answer.revocations) {
    revocations = addRevocations(revocations, await verifyRevocations(token, definition))
  }
  const membership = await verifyCertificate(answer.certificate, { definition, revocations, now: asked.now })
  if (membership.peer !== asked.peer) throw refusal('certificate-other-peer', 'A certificate for another peer')
  return { membership, certificate: answer.certificate, definition, revocations }
}

function encodeRefusal(answer: Extract<JoinAnswer, { readonly outcome: 'refused' }>): unknown {
  return refused.encode({ ...answer, cause: REFUSAL_CAUSES.indexOf(answer.cause) })
}

function provenBytes(join: Omit<JoinRequest, 'proof'>, issuer: PeerId): Uint8Array {
  return signedBytes(
    PURPOSE,
    join.cluster,
    issuer,
    join.peer,
    join.nonce,
    join.kind,
    utf8ToBytes(join.right),
    join.instance ?? '',
  )
}
