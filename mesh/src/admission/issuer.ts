import type { Secret } from '@muster/contexts/secret.ts'
import type { Clock } from '@muster/runtime/clock.ts'
import type { Random } from '@muster/runtime/random.ts'
import { MeshError } from '../fault.ts'
import { issueCertificate, verifyCertificate } from './certificate.ts'
import { mayAdmit, roleOf, type SignedDefinition } from './definition.ts'
import type { Identity, VerifySignature } from './identity.ts'
import {
  decodeJoinRequest,
  encodeJoinAnswer,
  isProven,
  JOIN_VERSIONS,
  type JoinAnswer,
  type JoinRequest,
} from './join.ts'
import {
  compactEntries,
  drawToken,
  hashToken,
  holderOf,
  TOKEN_LIFE_MS,
  type TokenEntry,
  type TokenLedger,
} from './join-token.ts'
import { MAX_CLOCK_SKEW_MS, type Membership, type PeerId, type Role, type Slot } from './membership.ts'
import { causeOf, type RefusalCause, type RefusalCounter, refusal } from './refusals.ts'
import type { RevocationBook } from './revocation.ts'
import { type IssuerJournal, openTokenOffice, type TokenOffice } from './token-office.ts'

/** A member that was cut off or suspended may renew a certificate that ended so long ago, if it still holds its slot. */
export const RENEWAL_GRACE_MS = 7 * 24 * 60 * 60_000
/** Requests that are being answered; more are told to come back. */
const MAX_IN_FLIGHT = 1000
const RETRY_AFTER_MS = 5000

/** Who asks for which slot, for checks that only the issuer's own surroundings allow. */
export interface Applicant {
  readonly peer: PeerId
  readonly role: Role
  readonly slot: Slot
  readonly instance: string | undefined
}

/** What a request is granted. */
type Seat = Pick<Membership, 'role' | 'slot'>

/** What an issuer stands on. */
export interface IssuerParts {
  readonly identity: Identity
  readonly verify: VerifySignature
  readonly journal: IssuerJournal
  readonly clock: Pick<Clock, 'now'>
  readonly random: Pick<Random, 'bytes'>
  readonly refusals: RefusalCounter
  /** The newest that is known of both. */
  readonly definition: () => SignedDefinition
  readonly revocations: () => RevocationBook
  /** A cloud agent compares the applicant with its own list of instances here. @returns why not, undefined to admit */
  readonly approve?: (applicant: Applicant) => Promise<RefusalCause | undefined>
}

/** Admits members: a cloud agent for its cloud, the coordinator for machines that it has authorized before. */
export interface Issuer {
  /**
   * Makes the token that fills a slot; it is valid for 60 minutes, and voids open tokens of the same place.
   *
   * @throws {MeshError} refused - the slot is held in this or a later generation
   * @throws {MeshError} wrong-role - the definition has no such service
   * @throws {MeshError} bad-certificate - this issuer may not admit members in that cloud
   */
  readonly issueToken: (slot: Slot) => Promise<Secret>
  /**
   * Answers an encoded request; a refusal is an answer too. When the answer admits, the use of the token is persisted.
   *
   * @param remote - the PeerId that the connection has proven
   */
  readonly answer: (encoded: Uint8Array, remote: PeerId) => Promise<Uint8Array>
  /** What a rewritten journal has to hold. */
  readonly entries: () => readonly TokenEntry[]
}

/** An issuer that goes on from its journal. @throws what the journal throws */
export async function createIssuer(parts: IssuerParts): Promise<Issuer> {
  const { clock, identity, definition } = parts
  const office = await openTokenOffice(parts.journal)
  let inFlight = 0
  return {
    async issueToken(slot) {
      const role = roleToIssue(slot, definition(), identity.peer)
      const token = drawToken(parts.random)
      const { cluster } = definition()
      const expiresAt = clock.now() + TOKEN_LIFE_MS
      const issued = { hash: hashToken(token.reveal()), cluster, role, slot, expiresAt }
      await office.issue(issued)
      return token
    },
    async answer(encoded, remote) {
      inFlight += 1
      try {
        if (inFlight > MAX_IN_FLIGHT) throw refusal('try-later', 'Too many join requests at once')
        const join = checkRequest(encoded, remote, parts)
        return encodeJoinAnswer(await admit(join, await seatOf(join, office, parts), parts))
      } catch (error) {
        if (!(error instanceof MeshError)) throw error
        return encodeJoinAnswer(refuse(error, remote, parts.refusals))
      } finally {
        inFlight -= 1
      }
    },
    entries: () => compactEntries(office.ledger(), clock.now()),
  }
}

/** The slow questions come first and side by side; only what changes the ledger takes turns. */
async function seatOf(join: JoinRequest, office: TokenOffice, parts: IssuerParts): Promise<Seat> {
  const { peer, cluster, instance } = join
  if (join.kind === 'renew') {
    const member = await checkCertificate(join, parts)
    await approve(parts, { peer, role: member.role, slot: member.slot, instance })
    checkHolder(member, office.ledger(), parts.clock.now())
    return member
  }
  const shown = { token: join.right, cluster, peer }
  const { role, slot } = office.look(shown, parts.clock.now())
  await approve(parts, { peer, role, slot, instance })
  await office.use(shown, parts.clock.now())
  return { role, slot }
}

async function admit(join: JoinRequest, seat: Seat, parts: IssuerParts): Promise<JoinAnswer> {
  const { peer, cluster, nonce } = join
  const [definition, revocations, now] = [parts.definition(), parts.revocations(), parts.clock.now()]
  const certificate = await issueCertificate({ cluster, peer, role: seat.role, slot: seat.slot }, parts.identity, {
    now,
  })
  // A revoked peer must not get in by its old token or certificate; the chain is checked as any receiver will.
  await verifyCertificate(certificate, { definition, revocations, now })
  return {
    outcome: 'admitted',
    version: JOIN_VERSIONS.max,
    nonce,
    certificate,
    definition: definition.token,
    revocations: [...revocations.values()].map((list) => list.token),
  }
}

function refuse(error: MeshError, peer: PeerId, refusals: RefusalCounter): JoinAnswer {
  const cause = causeOf(error)
  refusals.count(cause, { peer, error: error.message })
  const answer = { outcome: 'refused', cause } as const
  return cause === 'try-later' ? { ...answer, retryAfterMs: RETRY_AFTER_MS } : answer
}

function checkRequest(encoded: Uint8Array, remote: PeerId, { identity, verify, definition }: IssuerParts): JoinRequest {
  const join = decodeJoinRequest(encoded)
  if (join.peer !== remote) throw refusal('wrong-peer', 'A join request on the connection of another peer')
  if (join.cluster !== definition().cluster) throw refusal('token-other-cluster', 'A join request for another cluster')
  if (!isProven(join, identity.peer, verify)) throw refusal('bad-proof', 'A join request without proof of its key')
  return join
}

/** The role of a slot that this issuer may fill. */
function roleToIssue(slot: Slot, definition: SignedDefinition, issuer: PeerId): Role {
  if (!mayAdmit(definition, issuer, slot.cloud)) {
    throw refusal('issuer-unknown', `This program may not admit members in ${slot.cloud}`)
  }
  const role = roleOf(definition, slot.service)
  if (role === undefined) throw refusal('wrong-role', `The definition has no service ${slot.service}`)
  return role
}

async function checkCertificate(join: JoinRequest, parts: IssuerParts): Promise<Membership> {
  const member = await verifyCertificate(join.right, {
    definition: parts.definition(),
    revocations: parts.revocations(),
    now: parts.clock.now(),
    expiredForMs: RENEWAL_GRACE_MS,
  })
  if (member.peer !== join.peer) throw refusal('certificate-other-peer', 'A certificate of another peer')
  return member
}

/** Only who holds its slot renews; for a slot that somebody else has filled, a certificate that is still valid will do. */
function checkHolder(member: Membership, ledger: TokenLedger, now: number): void {
  const holder = holderOf(ledger, member.slot)
  const isHolder = holder?.use?.peer === member.peer && holder.slot.generation === member.slot.generation
  if (holder !== undefined && !isHolder) throw refusal('slot-superseded', 'The slot was filled anew')
  if (holder === undefined && member.expiresAt + MAX_CLOCK_SKEW_MS <= now) {
    throw refusal('certificate-expired', 'A certificate that has expired, for a slot of which nothing is known here')
  }
}

async function approve(parts: IssuerParts, applicant: Applicant): Promise<void> {
  let cause: RefusalCause | undefined
  try {
    cause = await parts.approve?.(applicant)
  } catch (error) {
    throw refusal('try-later', 'The surroundings of the issuer do not answer', { cause: error })
  }
  if (cause !== undefined) throw refusal(cause, 'The surroundings of the issuer speak against this machine')
}
