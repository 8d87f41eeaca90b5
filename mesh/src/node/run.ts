import { verifySignature } from '../admission/identity.ts'
import { createIssuer, type Issuer } from '../admission/issuer.ts'
import { MeshError } from '../fault.ts'
import { createJoining } from '../joining/create-joining.ts'
import { serveJoin } from '../joining/serve-join.ts'
import { TICK_MS } from '../member/member.ts'
import type { ClusterLink, MemberTransportEvent } from '../network/network-host.ts'
import { createTurns } from '../turns.ts'
import { beginMember, isBeginningDue, startNamed, takeCredentials } from './begin.ts'
import { changed, type NodeCore, timesOf } from './core.ts'
import { cloudsOf, demandOwnersOf, expel, rendezvousOf, rosterOf } from './documents.ts'
import { ownTargets } from './own-service.ts'
import type { OwnStatements } from './own-statements.ts'
import type { Prober } from './prober.ts'
import { phaseOf } from './standing.ts'
import { syncWith } from './sync.ts'
import { tell } from './tell.ts'
import { userTargets } from './user-probes.ts'

/** What is looked at again whether anything was told or not. */
const UPKEEP_MS = 10_000

/** What a running node does besides answering. */
export interface NodeWorks {
  readonly link: ClusterLink
  readonly own: OwnStatements
  readonly ownProber: Prober
  readonly userProber: Prober
}

/** Takes what happens on the network. Records of topics were taken when they were judged. */
export function takeEvent(core: NodeCore, event: MemberTransportEvent): void {
  switch (event.type) {
    case 'message':
      return
    case 'connected':
      core.connected.add(event.peer)
      core.trace.add('connected', '', { peer: event.peer })
      changed(core)
      break
    case 'disconnected':
      core.connected.delete(event.peer)
      core.relayed.delete(event.peer)
      core.shown.delete(event.peer)
      core.trace.add('disconnected', event.isAsked ? 'on purpose' : 'lost', { peer: event.peer })
      changed(core)
      break
    case 'routed':
      if (event.isRelayed) core.relayed.add(event.peer)
      else core.relayed.delete(event.peer)
      core.trace.add('routed', event.isRelayed ? 'through a relay' : 'directly', { peer: event.peer })
      changed(core)
      break
    case 'dial-failed':
      core.counts.dialFailures += 1
      break
    default:
  }
  tell(core, event)
}

/** Joins, or begins as who is named, and keeps going until the signal aborts. */
export async function runNode(core: NodeCore, works: NodeWorks, begun: () => void, signal: AbortSignal): Promise<void> {
  const { admission, log } = core.parts
  if (admission.kind === 'named') await startNamed(core, admission.definition)
  else core.joining = await createJoining(joiningParts(core, works))
  const inTurn = createTurns()
  const update = async () => {
    await takeJoining(core)
    await begin(core)
    works.own.restate()
    works.link.recheck()
    changed(core)
  }
  const stop = core.joining?.onChange(() => {
    inTurn(update).catch((error: unknown) => log.error({ error }, 'Cannot take what joining has brought'))
  })
  try {
    await inTurn(update)
    core.queue.start((peer, scope) => runSync(core, works.link, peer, scope))
    begun()
    const work = { ...works, update: () => inTurn(update) }
    await Promise.all([tickOnAndOn(core, work, signal), core.joining?.service.run({ signal, ready: () => undefined })])
  } finally {
    stop?.()
  }
}

/** Who admits others; only for those whom the definition names. */
export async function openIssuer(core: NodeCore, link: ClusterLink): Promise<Issuer | undefined> {
  const { issuer: own, identity, keeping, clock, random, log } = core.parts
  if (own === undefined) return undefined
  const { refusals } = core
  const issuer = await createIssuer({
    ...own,
    identity,
    verify: verifySignature,
    journal: await keeping.journal(),
    clock,
    random,
    refusals,
    definition: () => rosterOf(core).definition(),
    revocations: () => rosterOf(core).revocations(),
  })
  serveJoin(link.streams, { issuer, clock, log, refusals })
  return issuer
}

function joiningParts(core: NodeCore, { link }: NodeWorks) {
  const { clock, random, log, identity, trust, keeping, admission } = core.parts
  if (admission.kind !== 'join') throw new TypeError('only who joins asks an issuer')
  const { issuer: peer, addresses, token, instance } = admission
  const issuer = { peer, addresses }
  const shared = { clock, random, log, identity, trust, keeping, streams: link.streams, issuer, token }
  return instance === undefined ? shared : { ...shared, instance }
}

async function begin(core: NodeCore): Promise<void> {
  const { keeping, clock } = core.parts
  if (isBeginningDue(core)) beginMember(core, await keeping.nextBootId(clock.now()))
}

/** What joining holds now; a renewed certificate is shown to all who know the old one. */
async function takeJoining(core: NodeCore): Promise<void> {
  const credentials = core.joining?.credentials()
  if (credentials === undefined) return
  const before = core.roster?.certificateOf(core.parts.identity.peer)
  if (before === credentials.certificate) return
  await takeCredentials(core, credentials)
  if (before === undefined) return
  core.trace.add('renewed', 'a new certificate')
  for (const peer of core.connected) core.queue.add(peer, 'news')
}

async function runSync(core: NodeCore, link: ClusterLink, peer: string, scope: 'news' | 'all'): Promise<void> {
  try {
    await syncWith(core, link.streams, peer, scope)
    core.counts.syncs += 1
  } catch (error) {
    core.counts.syncFailures += 1
    if (error instanceof MeshError) core.trace.add('sync-failed', error.message, { peer })
    else core.parts.log.error({ error, peer }, 'An exchange with a member has failed')
  }
}

/** @throws `signal.reason` */
async function tickOnAndOn(
  core: NodeCore,
  works: NodeWorks & { readonly update: () => Promise<void> },
  signal: AbortSignal,
): Promise<void> {
  const { clock } = core.parts
  let upkeepAt = clock.monotonic()
  const meet = createMeeting(core)
  let phase = phaseOf(core).phase
  for (;;) {
    const now = timesOf(core)
    await core.alarm.wait(core.member?.wakeAt(now) ?? now.monotonic + TICK_MS, signal)
    if (phaseOf(core).phase !== phase) {
      phase = phaseOf(core).phase
      core.trace.add(phase, 'is what this node is now')
      works.link.recheck()
      changed(core)
    }
    // A definition that names this node has come, or its certificate is good again.
    if (isBeginningDue(core)) await works.update()
    tell(core, { type: 'tick' })
    if (clock.monotonic() >= upkeepAt) {
      upkeepAt = clock.monotonic() + UPKEEP_MS
      keepUp(core, works)
      meet()
    }
    works.ownProber.tick()
    works.userProber.tick()
  }
}

function keepUp(core: NodeCore, works: NodeWorks): void {
  expel(core)
  for (const { peer, rttMs } of core.parts.host.connections()) {
    if (rttMs !== undefined && core.connected.has(peer)) tell(core, { type: 'measured', peer, rttMs })
  }
  works.ownProber.setTargets(ownTargets(core))
  works.userProber.setTargets(userTargets(core))
  works.own.restate()
}

/** Makes other demand owners rendezvous points when it must meet others than before. */
function createMeeting(core: NodeCore): () => void {
  let met = { by: core.member, owners: '' }
  return () => {
    if (core.roster === undefined) return
    const definition = core.roster.definition()
    const now = { by: core.member, owners: demandOwnersOf(core, definition).join(' ') }
    if (now.owners === met.owners && now.by === met.by) return
    met = now
    tell(core, { type: 'redefined', clouds: cloudsOf(definition), rendezvous: rendezvousOf(core, definition) })
  }
}
