import type { SignedDefinition } from '../admission/definition.ts'
import type { PeerId } from '../admission/membership.ts'
import { type RefusalCause, refusal } from '../admission/refusals.ts'
import type { Roster } from '../admission/roster.ts'
import { MAX_OWN_RECORDS, type News, type NewsDocument } from '../records/sync-messages.ts'
import { topicName } from '../records/topics.ts'
import type { RedialStart } from '../redial/state.ts'
import { changed, type NodeCore } from './core.ts'
import { demandOwnersToMeet } from './demand-owners.ts'
import { membershipOf, ownMembership } from './standing.ts'
import { tell } from './tell.ts'

/** Causes that end a membership for good, so that what is known of the former member is dropped. */
const EXPELLED: ReadonlySet<RefusalCause> = new Set<RefusalCause>([
  'certificate-revoked',
  'issuer-unknown',
  'slot-superseded',
  'wrong-role',
])

/**
 * Takes a definition that is newer, keeps it, and passes it on.
 *
 * @throws {MeshError} as `Roster.acceptDefinition`
 * @throws {KeepingError} it cannot be kept; it holds all the same until the process ends
 */
export async function acceptDefinition(core: NodeCore, token: string): Promise<void> {
  const roster = rosterOf(core)
  const before = roster.definition()
  const definition = await roster.acceptDefinition(token)
  if (definition.version === before.version) return
  core.trace.add('definition', `version ${definition.version}`)
  core.joining?.acceptDefinition(definition)
  tell(core, { type: 'redefined', clouds: cloudsOf(definition), rendezvous: rendezvousOf(core, definition) })
  subscribeAll(core)
  afterDocuments(core)
  await core.parts.keeping.saveDocuments({ definition: token })
}

/**
 * Takes a revocation list that is newer, or does nothing with the newest one; keeps it, cuts off whom it names, and passes it on.
 *
 * @throws {MeshError} as `Roster.acceptRevocations`
 * @throws {KeepingError} it cannot be kept; it holds all the same until the process ends
 */
export async function acceptRevocations(core: NodeCore, token: string): Promise<void> {
  const roster = rosterOf(core)
  if ([...roster.revocations().values()].some((list) => list.token === token)) return
  await roster.acceptRevocations(token)
  const lists = [...roster.revocations().values()]
  core.trace.add('revocations', `${lists.reduce((sum, list) => sum + list.peers.size, 0)} peers`)
  afterDocuments(core)
  await core.parts.keeping.saveDocuments({ revocations: lists.map((list) => list.token) })
}

/** Forgets and parts from those who are members no longer. */
export function expel(core: NodeCore): void {
  const { roster, member } = core
  if (roster === undefined || member === undefined) return
  const now = core.parts.clock.now()
  for (const peer of member.statuses().keys()) {
    const found = roster.membershipOf(peer, now)
    if (typeof found !== 'string' || !EXPELLED.has(found)) continue
    core.trace.add('expelled', found, { peer })
    tell(core, { type: 'confirmed-gone', peer })
  }
  roster.sweep(now)
  if ([...core.connected].some((peer) => typeof roster.membershipOf(peer, now) === 'string')) core.link?.recheck()
}

/** Follows the topics of the own role. */
export function subscribeAll(core: NodeCore): void {
  const { cluster } = core.parts.trust
  for (const topic of core.member?.topics ?? []) core.link?.transport.subscribe(topicName(cluster, topic))
}

/** Names of the clouds. */
export function cloudsOf(definition: SignedDefinition): readonly string[] {
  return definition.clouds.map((cloud) => cloud.name)
}

/** Demand owners that this node must meet now; see `demandOwnersToMeet`. */
export function demandOwnersOf(core: NodeCore, definition: SignedDefinition): readonly PeerId[] {
  const statuses = core.member?.statuses() ?? []
  const others = Array.from(statuses, ([peer, status]) => [peer, membershipOf(core, peer), status] as const)
  return demandOwnersToMeet(ownMembership(core), definition, others)
}

/**
 * Coordinator and the agents of the own cloud; all but workers meet at the agents of other clouds too, and workers
 * without agents at the demand owners.
 */
export function rendezvousOf(core: NodeCore, definition: SignedDefinition): RedialStart['rendezvous'] {
  const { admission, rendezvous } = core.parts
  const own = ownMembership(core)
  const isNear = (cloud: string) => own?.role !== 'worker' || own.slot.cloud === cloud
  const agents = definition.clouds.filter((cloud) => isNear(cloud.name)).flatMap((cloud) => cloud.agents)
  const issuer = admission.kind === 'join' ? [{ peer: admission.issuer, addresses: admission.addresses }] : []
  const merged = new Map<PeerId, Set<string>>([[definition.coordinator, new Set()]])
  // Their records tell their addresses.
  const owners = demandOwnersOf(core, definition).map((peer) => ({ peer, addresses: [] }))
  for (const { peer, addresses } of [...rendezvous, ...issuer, ...agents, ...owners]) {
    merged.set(peer, new Set([...(merged.get(peer) ?? []), ...addresses]))
  }
  return [...merged].map(([peer, addresses]) => ({ peer, addresses: [...addresses] }))
}

/**
 * What this node knows of documents, and what it says itself as far as the peer has not heard it.
 *
 * @param isWhole - all that it says itself, heard or not
 */
export function newsFor(core: NodeCore, peer: PeerId, isWhole: boolean): News {
  const roster = rosterOf(core)
  const certificate = roster.certificateOf(core.parts.identity.peer)
  const revocations = [...roster.revocations().values()].map(({ issuer, version }) => ({ issuer, version }))
  // All but workers publish on a topic that everybody follows and compares.
  const isHidden = ownMembership(core)?.role === 'worker' && !core.shown.has(peer)
  const records = isWhole || isHidden ? (core.member?.store.ofOwner(core.parts.identity.peer) ?? []) : []
  const isShown = certificate === undefined || core.shown.get(peer) === certificate
  return {
    definitionVersion: roster.definition().version,
    revocations,
    records: records.map(({ bytes }) => bytes).slice(0, MAX_OWN_RECORDS),
    ...(isShown ? {} : { certificate }),
  }
}

/** The peer has taken the news. */
export function markShown(core: NodeCore, peer: PeerId): void {
  if (core.connected.has(peer)) core.shown.set(peer, core.roster?.certificateOf(core.parts.identity.peer))
}

/** What the other side does not have yet; the definition first, as lists are checked against it. */
export function documentsBeyond(core: NodeCore, news: News): readonly NewsDocument[] {
  const roster = rosterOf(core)
  const definition = roster.definition()
  const known = new Map(news.revocations.map(({ issuer, version }) => [issuer, version]))
  const lists = [...roster.revocations().values()].filter(({ issuer, version }) => version > (known.get(issuer) ?? -1))
  return [
    ...(definition.version > news.definitionVersion ? [{ kind: 'definition', token: definition.token } as const] : []),
    ...lists.map(({ token }) => ({ kind: 'revocations', token }) as const),
  ]
}

/** The roster of a node that has one. @throws {MeshError} try-later - nothing is known of the cluster yet */
export function rosterOf(core: NodeCore): Roster {
  if (core.roster === undefined) throw refusal('try-later', 'This node is not a member yet')
  return core.roster
}

function afterDocuments(core: NodeCore): void {
  expel(core)
  core.link?.recheck()
  for (const peer of core.connected) core.queue.add(peer, 'news')
  changed(core)
}
