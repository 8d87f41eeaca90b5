import { MeshError } from '../fault.ts'
import { checkMembership, verifyCertificate } from './certificate.ts'
import { namedMembership, newerDefinition, type SignedDefinition, type Trust, verifyDefinition } from './definition.ts'
import type { Membership, PeerId, Slot } from './membership.ts'
import { causeOf, type RefusalCause, refusal } from './refusals.ts'
import { addRevocations, NO_REVOCATIONS, type RevocationBook, verifyRevocations } from './revocation.ts'

/** Members whose certificate is kept: a cluster of 1000 several times over. */
const MAX_MEMBERS = 10_000

/** Who is a member, as far as this node has seen certificates. */
export interface Roster {
  /**
   * Checks and remembers a certificate.
   *
   * @throws {MeshError} as `verifyCertificate`; refused - a newer generation fills its slot, or the roster is full
   */
  readonly admit: (certificate: string, now: number) => Promise<Membership>
  /** The membership of a peer, checked anew, or why it has none. */
  readonly membershipOf: (peer: PeerId, now: number) => Membership | RefusalCause
  /** The certificate to show others; undefined for those whom the definition names, as they need none. */
  readonly certificateOf: (peer: PeerId) => string | undefined
  /** Takes a definition if it is signed and newer. @throws {MeshError} as `verifyDefinition`, `newerDefinition` */
  readonly acceptDefinition: (token: string) => Promise<SignedDefinition>
  /** Takes a revocation list if it is signed and newer. @throws {MeshError} as `verifyRevocations`, `addRevocations` */
  readonly acceptRevocations: (token: string) => Promise<void>
  readonly definition: () => SignedDefinition
  readonly revocations: () => RevocationBook
  /** Members that are valid now, without those whom the definition names. */
  readonly members: (now: number) => readonly Membership[]
  /** Forgets what is no longer valid. @returns the peers that were forgotten */
  readonly sweep: (now: number) => readonly PeerId[]
}

interface Entry {
  readonly member: Membership
  readonly certificate: string
}

/** A roster that starts from a verified definition. */
export function createRoster(start: SignedDefinition, maxMembers: number = MAX_MEMBERS): Roster {
  const trust: Trust = { cluster: start.cluster, coordinator: start.coordinator }
  let definition = start
  let revocations = NO_REVOCATIONS
  const entries = new Map<PeerId, Entry>()
  const generations = new Map<string, number>()

  const check = (member: Membership, now: number) => {
    checkMembership(member, { definition, revocations, now })
    if (member.slot.generation < (generations.get(placeOf(member.slot)) ?? 0)) throw superseded()
  }
  const lookUp = (peer: PeerId, now: number) => {
    const named = namedMembership(definition, peer)
    if (named !== undefined) return named
    const entry = entries.get(peer)
    return entry === undefined ? 'no-certificate' : (causeAgainst(() => check(entry.member, now)) ?? entry.member)
  }
  const sweep = (now: number) => {
    const gone = [...entries.keys()].filter((peer) => typeof lookUp(peer, now) === 'string')
    for (const peer of gone) entries.delete(peer)
    const places = new Set([...entries.values()].map((entry) => placeOf(entry.member.slot)))
    for (const place of generations.keys()) if (!places.has(place)) generations.delete(place)
    return gone
  }

  return {
    async admit(certificate, now) {
      const member = await verifyCertificate(certificate, { definition, revocations, now })
      check(member, now)
      const known = entries.get(member.peer)
      if (known !== undefined && known.member.expiresAt >= member.expiresAt) return member
      if (known === undefined && entries.size >= maxMembers && sweep(now).length === 0) {
        throw refusal('store-full', `More than ${maxMembers} members`)
      }
      entries.set(member.peer, { member, certificate })
      generations.set(placeOf(member.slot), member.slot.generation)
      return member
    },
    membershipOf: lookUp,
    certificateOf: (peer) => entries.get(peer)?.certificate,
    async acceptDefinition(token) {
      const offered = await verifyDefinition(token, trust)
      definition = newerDefinition(definition, offered)
      return definition
    },
    async acceptRevocations(token) {
      const list = await verifyRevocations(token, definition)
      revocations = addRevocations(revocations, list)
    },
    definition: () => definition,
    revocations: () => revocations,
    members: (now) => [...entries.keys()].map((peer) => lookUp(peer, now)).filter((found) => typeof found !== 'string'),
    sweep,
  }
}

/** Name of a place whatever its generation. */
export function placeOf(slot: Slot): string {
  return `${slot.cloud}/${slot.service}/${slot.slot}`
}

function causeAgainst(check: () => void): RefusalCause | undefined {
  try {
    check()
  } catch (error) {
    if (error instanceof MeshError) return causeOf(error)
    throw error
  }
  return undefined
}

function superseded(): MeshError {
  return refusal('slot-superseded', 'A member whose slot was filled anew', {
    hint: 'It was taken for lost; it should switch itself off.',
  })
}
