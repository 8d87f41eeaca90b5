import { Type } from 'typebox'
import { mayAdmit, roleOf, type SignedDefinition } from './definition.ts'
import type { Identity } from './identity.ts'
import { type DocumentKind, readClaims, verifyClaims } from './jws.ts'
import { CERTIFICATE_LIFE_MS, MAX_CLOCK_SKEW_MS, type Membership, type PeerId } from './membership.ts'
import { ClusterId, Counter, Label, PeerIdText, ROLES, Seconds } from './names.ts'
import { refusal } from './refusals.ts'
import { isRevoked, type RevocationBook } from './revocation.ts'

const CERTIFICATE_VERSION = 1
/** A certificate has about 600 characters. */
export const MAX_CERTIFICATE_BYTES = 2048

const Claims = Type.Object({
  v: Type.Literal(CERTIFICATE_VERSION),
  iss: PeerIdText,
  sub: PeerIdText,
  aud: ClusterId,
  iat: Seconds,
  exp: Seconds,
  role: Type.Enum([...ROLES]),
  slot: Type.Object({ service: Label, cloud: Label, slot: Counter, generation: Counter }),
})
const KIND: DocumentKind<typeof Claims> = {
  name: 'membership certificate',
  typ: 'muster-member+jwt',
  schema: Claims,
  maxBytes: MAX_CERTIFICATE_BYTES,
  forged: 'certificate-forged',
}

/** What a certificate is checked against. */
export interface CertificateContext {
  readonly definition: SignedDefinition
  readonly revocations: RevocationBook
  /** Epoch milliseconds. */
  readonly now: number
  /** Accepts one that ended so long ago; only for renewal. @default 0 */
  readonly expiredForMs?: number
}

/** Signs a certificate. Times are cut to whole seconds. @param lifeMs - at most 24 h, its default */
export function issueCertificate(
  member: Omit<Membership, 'issuer' | 'issuedAt' | 'expiresAt'>,
  issuer: Identity,
  options: { readonly now: number; readonly lifeMs?: number },
): Promise<string> {
  const iat = Math.floor(options.now / 1000)
  const exp = iat + Math.floor((options.lifeMs ?? CERTIFICATE_LIFE_MS) / 1000)
  const { cluster, peer, role, slot } = member
  return issuer.signJws(
    { v: CERTIFICATE_VERSION, iss: issuer.peer, sub: peer, aud: cluster, iat, exp, role, slot },
    KIND.typ,
  )
}

/**
 * What a certificate states, after the whole chain was checked: coordinator → definition → agent → member.
 *
 * @throws {MeshError} bad-certificate - forged, of another cluster or issuer, expired, revoked
 * @throws {MeshError} wrong-role - the definition gives its service another role
 * @throws {MeshError} too-large, malformed
 */
export async function verifyCertificate(token: string, context: CertificateContext): Promise<Membership> {
  // Whose signature is to be checked stands in the certificate; the checks before it only decide if that is worth while.
  const issuer = checkIssuer(membershipOf(readClaims(KIND, token)), context.definition)
  const member = membershipOf(await verifyClaims(KIND, token, issuer))
  checkMembership(member, context)
  return member
}

/**
 * Checks what may change while a certificate is held: definition, revocations, time. Cheap; done at each use.
 *
 * @throws {MeshError} bad-certificate, wrong-role - as `verifyCertificate`
 */
export function checkMembership(member: Membership, context: CertificateContext): void {
  checkIssuer(member, context.definition)
  const role = roleOf(context.definition, member.slot.service)
  if (role !== member.role) {
    throw refusal('wrong-role', `A certificate gives ${member.slot.service} the role ${member.role}`, {
      hint: 'The definition gives it another one, or has no such service any more.',
    })
  }
  checkTime(member, context)
  if (isRevoked(context.revocations, member, context.definition)) {
    throw refusal('certificate-revoked', 'A certificate that was revoked')
  }
}

function checkIssuer(member: Membership, definition: SignedDefinition): PeerId {
  if (member.cluster !== definition.cluster) {
    throw refusal('certificate-other-cluster', 'A certificate of another cluster')
  }
  if (!mayAdmit(definition, member.issuer, member.slot.cloud)) {
    throw refusal(
      'issuer-unknown',
      `A certificate for ${member.slot.cloud} by somebody who may not admit members there`,
    )
  }
  return member.issuer
}

function checkTime(member: Membership, { now, expiredForMs = 0 }: CertificateContext): void {
  if (member.expiresAt - member.issuedAt > CERTIFICATE_LIFE_MS || member.expiresAt <= member.issuedAt) {
    throw refusal('certificate-too-long', 'A certificate for longer than 24 hours, or for no time')
  }
  if (member.issuedAt > now + MAX_CLOCK_SKEW_MS) {
    throw refusal('certificate-not-yet-valid', 'A certificate that is not valid yet', {
      hint: 'Compare the clocks of both machines.',
    })
  }
  if (member.expiresAt + MAX_CLOCK_SKEW_MS + expiredForMs <= now) {
    throw refusal('certificate-expired', 'A certificate that has expired', {
      hint: 'The member renews it with its cloud agent when it can reach it.',
    })
  }
}

function membershipOf(claims: Type.Static<typeof Claims>): Membership {
  return {
    cluster: claims.aud,
    peer: claims.sub,
    role: claims.role,
    slot: claims.slot,
    issuer: claims.iss,
    issuedAt: claims.iat * 1000,
    expiresAt: claims.exp * 1000,
  }
}
