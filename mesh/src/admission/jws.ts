import { base64url, compactVerify, decodeProtectedHeader } from 'jose'
import type { Static, TSchema } from 'typebox'
import { Value } from 'typebox/value'
import type { PeerId } from './membership.ts'
import { publicKeyOf } from './peer-id.ts'
import { type RefusalCause, refusal } from './refusals.ts'

/** A kind of signed document. */
export interface DocumentKind<S extends TSchema> {
  /** For people, for example `certificate`. */
  readonly name: string
  /** The JWS header's `typ`; it keeps one kind from being taken for another. */
  readonly typ: string
  readonly schema: S
  readonly maxBytes: number
  /** Why it is refused when the signature does not hold. */
  readonly forged: RefusalCause
}

/**
 * The claims of a compact JWS, not yet proven by anything: only to learn who should have signed it.
 *
 * @throws {MeshError} too-large, malformed
 */
export function readClaims<S extends TSchema>(kind: DocumentKind<S>, token: string): Static<S> {
  if (token.length > kind.maxBytes) {
    throw refusal('too-large', `A ${kind.name} of ${token.length} characters; at most ${kind.maxBytes} are read`)
  }
  const claims = parseJson(kind, token)
  if (!Value.Check(kind.schema, claims)) throw malformed(kind)
  return Value.Clean(kind.schema, claims) as Static<S>
}

/**
 * The claims of a compact JWS that `signer` has signed with EdDSA.
 *
 * @throws {MeshError} bad-signature or bad-certificate - not signed by this key, or as another kind of document
 * @throws {MeshError} too-large, malformed
 */
export async function verifyClaims<S extends TSchema>(
  kind: DocumentKind<S>,
  token: string,
  signer: PeerId,
): Promise<Static<S>> {
  const claims = readClaims(kind, token)
  const jwk = { kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', x: base64url.encode(publicKeyOf(signer)) }
  try {
    await compactVerify(token, jwk, { algorithms: ['EdDSA'] })
  } catch (cause) {
    throw refusal(kind.forged, `The signature of a ${kind.name} does not hold`, { cause })
  }
  return claims
}

function parseJson<S extends TSchema>(kind: DocumentKind<S>, token: string): unknown {
  const [, payload, signature, ...rest] = token.split('.')
  if (payload === undefined || signature === undefined || rest.length > 0) throw malformed(kind)
  if (!isCanonical(signature)) throw malformed(kind)
  let typ: unknown
  let claims: unknown
  try {
    typ = decodeProtectedHeader(token).typ
    claims = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(base64url.decode(payload)))
  } catch (cause) {
    throw malformed(kind, cause)
  }
  if (typ !== kind.typ) throw malformed(kind)
  return claims
}

/**
 * Whether base64url is written in its one form. The signature proves each character before it, but not its own: without
 * this a passer-by could give a document another text, which would be taken for a second one by the same signer.
 */
function isCanonical(signature: string): boolean {
  try {
    return base64url.encode(base64url.decode(signature)) === signature
  } catch {
    return false
  }
}

function malformed<S extends TSchema>(kind: DocumentKind<S>, cause?: unknown) {
  return refusal('malformed', `Not a ${kind.name} that this version understands`, { cause })
}
