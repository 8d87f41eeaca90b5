import { Type } from 'typebox'
import { namedMembership, type SignedDefinition, type Trust } from './definition.ts'
import type { Identity } from './identity.ts'
import { type DocumentKind, readClaims, verifyClaims } from './jws.ts'
import type { Membership, PeerId } from './membership.ts'
import { ClusterId, Counter, PeerIdText, Seconds } from './names.ts'
import { refusal } from './refusals.ts'

const LIST_VERSION = 1
/** Peers on one list. */
export const MAX_REVOKED = 5000
const MAX_LIST_BYTES = 512 * 1024

const Claims = Type.Object({
  v: Type.Literal(LIST_VERSION),
  iss: PeerIdText,
  aud: ClusterId,
  version: Counter,
  iat: Seconds,
  peers: Type.Array(PeerIdText, { maxItems: MAX_REVOKED }),
})
const KIND: DocumentKind<typeof Claims> = {
  name: 'revocation list',
  typ: 'muster-revocations+jwt',
  schema: Claims,
  maxBytes: MAX_LIST_BYTES,
  forged: 'revocations-forged',
}

/** The keys that one issuer no longer lets in; each version holds all of them. */
export interface RevocationList {
  readonly issuer: PeerId
  /** Counts up; a lower one is not accepted any more. */
  readonly version: number
  readonly peers: ReadonlySet<PeerId>
  /** The compact JWS, to pass on unchanged. */
  readonly token: string
}

/** The newest list of each issuer. */
export type RevocationBook = ReadonlyMap<PeerId, RevocationList>

/** No list yet. */
export const NO_REVOCATIONS: RevocationBook = new Map()

/** Signs a list. @throws {MeshError} malformed - more than `MAX_REVOKED` peers */
export async function signRevocations(
  content: {
    readonly cluster: string
    readonly version: number
    readonly now: number
    readonly peers: readonly PeerId[]
  },
  issuer: Identity,
): Promise<string> {
  if (content.peers.length > MAX_REVOKED) throw refusal('malformed', `At most ${MAX_REVOKED} peers can be revoked`)
  const { cluster, version, now, peers } = content
  const iat = Math.floor(now / 1000)
  return issuer.signJws({ v: LIST_VERSION, iss: issuer.peer, aud: cluster, version, iat, peers }, KIND.typ)
}

/**
 * Reads a list that somebody has passed on.
 *
 * @throws {MeshError} bad-signature, bad-certificate - not signed by the coordinator or an agent of this cluster
 * @throws {MeshError} too-large, malformed
 */
export async function verifyRevocations(token: string, definition: SignedDefinition): Promise<RevocationList> {
  const { iss } = readClaims(KIND, token)
  if (namedMembership(definition, iss) === undefined) {
    throw refusal('issuer-unknown', 'A revocation list by somebody who admits nobody in this cluster')
  }
  const claims = await verifyClaims(KIND, token, iss)
  if (claims.aud !== definition.cluster) {
    throw refusal('certificate-other-cluster', 'A revocation list of another cluster')
  }
  return { issuer: claims.iss, version: claims.version, peers: new Set(claims.peers), token }
}

/**
 * The book with a list added; the highest version of each issuer stays, whatever the order.
 *
 * @throws {MeshError} stale-record - the book has the same or a newer version of this issuer
 */
export function addRevocations(book: RevocationBook, list: RevocationList): RevocationBook {
  const known = book.get(list.issuer)
  if (known !== undefined && known.version >= list.version) {
    throw refusal('revocations-stale', 'A revocation list that is not newer than the known one')
  }
  return new Map(book).set(list.issuer, list)
}

/** Whether a membership was revoked, by who issued it or by the coordinator. */
export function isRevoked(book: RevocationBook, member: Membership, trust: Pick<Trust, 'coordinator'>): boolean {
  return [member.issuer, trust.coordinator].some((issuer) => book.get(issuer)?.peers.has(member.peer) === true)
}
