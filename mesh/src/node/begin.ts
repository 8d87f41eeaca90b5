import { newerDefinition, type SignedDefinition, verifyDefinition } from '../admission/definition.ts'
import type { Slot } from '../admission/membership.ts'
import { createRoster, placeOf, type Roster } from '../admission/roster.ts'
import { MeshError } from '../fault.ts'
import type { Credentials } from '../joining/joining.ts'
import { createMember } from '../member/member.ts'
import { signRecord } from '../records/record-codec.ts'
import { changed, type NodeCore, timesOf } from './core.ts'
import { acceptDefinition, acceptRevocations, cloudsOf, rendezvousOf, subscribeAll } from './documents.ts'
import { countRefusal } from './judge.ts'
import { isMember, membershipOf, ownMembership } from './standing.ts'
import { tell } from './tell.ts'

/** The roster of a node that the definition names: from the newer one of the given and the kept. */
export async function startNamed(core: NodeCore, token: string): Promise<void> {
  const { trust, keeping, identity } = core.parts
  const given = await verifyDefinition(token, trust)
  const kept = keeping.documents()
  core.roster = await rosterFrom(core, await newest(core, given, kept.definition), kept.revocations)
  await keeping.saveDocuments({ definition: core.roster.definition().token })
  if (membershipOf(core, identity.peer) === undefined) {
    core.parts.log.error({ cluster: trust.cluster }, 'The definition does not name the key of this node')
  }
}

/** Takes what joining has brought: at first the roster is made of it, later it is compared. */
export async function takeCredentials(core: NodeCore, credentials: Credentials): Promise<void> {
  const { definition, revocations, certificate } = credentials
  const lists = [...revocations.values()].map((list) => list.token)
  if (core.roster === undefined) core.roster = await rosterFrom(core, definition, lists)
  else await compare(core, definition, lists)
  await offered(core, () => core.roster?.admit(certificate, core.parts.clock.now()))
}

/**
 * Makes the member once this node is one, and makes it anew when it stands in another slot.
 *
 * @param bootId - above that of every earlier start
 */
export function beginMember(core: NodeCore, bootId: number): void {
  const { parts, roster } = core
  const membership = ownMembership(core)
  if (roster === undefined || membership === undefined) return
  const definition = roster.definition()
  core.member = createMember(
    {
      membership,
      bootId,
      clouds: cloudsOf(definition),
      membershipOf: (peer) => membershipOf(core, peer),
      redial: { remembered: parts.keeping.remembered(), rendezvous: rendezvousOf(core, definition) },
      sign: (record) => signRecord(record, parts.trust.cluster, parts.identity),
      random: parts.random,
    },
    timesOf(core),
  )
  core.place = membership
  subscribeAll(core)
  for (const peer of core.connected) tell(core, { type: 'connected', peer })
  for (const peer of core.relayed) tell(core, { type: 'routed', peer, isRelayed: true })
  core.trace.add('joined', `${membership.slot.service} in cloud ${membership.slot.cloud}`)
  changed(core)
}

/** Whether this node is a member and has not begun as the one that it is. */
export function isBeginningDue(core: NodeCore): boolean {
  const { place } = core
  const own = ownMembership(core)
  if (own === undefined || !isMember(core)) return false
  return place === undefined || place.role !== own.role || !isSameSlot(place.slot, own.slot)
}

function isSameSlot(left: Slot, right: Slot): boolean {
  return placeOf(left) === placeOf(right) && left.generation === right.generation
}

async function rosterFrom(core: NodeCore, start: SignedDefinition, lists: readonly string[]): Promise<Roster> {
  const roster = createRoster(start)
  for (const list of lists) await offered(core, () => roster.acceptRevocations(list))
  return roster
}

async function compare(core: NodeCore, definition: SignedDefinition, lists: readonly string[]): Promise<void> {
  await offered(core, () => acceptDefinition(core, definition.token))
  for (const list of lists) {
    const known = [...(core.roster?.revocations().values() ?? [])].some(({ token }) => token === list)
    if (!known) await offered(core, () => acceptRevocations(core, list))
  }
}

async function newest(core: NodeCore, given: SignedDefinition, kept: string | undefined): Promise<SignedDefinition> {
  if (kept === undefined) return given
  try {
    return newerDefinition(given, await verifyDefinition(kept, core.parts.trust))
  } catch (error) {
    if (error instanceof MeshError) return given
    throw error
  }
}

/** A document that is refused is counted, and the rest goes on. */
async function offered(core: NodeCore, take: () => Promise<unknown> | undefined): Promise<void> {
  try {
    await take()
  } catch (error) {
    countRefusal(core, error, core.parts.identity.peer)
  }
}
