import { type Clock, timeoutSignal } from '@muster/runtime/clock.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { Random } from '@muster/runtime/random.ts'
import type { PeerId } from '../admission/membership.ts'
import { MeshError } from '../fault.ts'
import type { AdmissionGate, ClusterLink, MemberTransport, MemberTransportEvent } from '../network/network-host.ts'
import type { Streams } from '../network/streams.ts'
import type { Dialer } from './dialer.ts'
import { createEventQueue, type EventQueue } from './event-queue.ts'
import { type ClusterGossip, createGossip } from './gossip.ts'
import type { GossipComponents } from './gossip-router.ts'
import { DIAL_TIMEOUT_MS } from './limits.ts'
import { createReach, type Reach } from './reach.ts'
import { createMemberRequests, MEMBER_PROTOCOL, type MemberRequests } from './requests.ts'
import type { ServedStreams } from './served-streams.ts'
import type { Session } from './session.ts'
import type { Sessions } from './sessions.ts'

/** A cluster's link with what the host tells it. */
export interface HostLink extends ClusterLink {
  readonly gate: AdmissionGate
  /** Where this node and a peer stand on a connection has changed. */
  changed(session: Session, isAsked: boolean): void
  /** A connection has closed and is no longer among the sessions. */
  closed(session: Session): void
  discovered(peer: PeerId, addresses: readonly string[]): void
  /** Mends gossip streams; called now and then. */
  tend(): void
  scoreOf(peer: PeerId): number
}

/** What a link stands on. */
export interface LinkParts {
  readonly self: PeerId
  readonly cluster: string
  readonly gate: AdmissionGate
  readonly handle: (event: MemberTransportEvent) => void
  readonly clock: Clock
  readonly random: Pick<Random, 'fraction'>
  readonly log: Log
  readonly components: GossipComponents
  readonly sessions: Sessions
  readonly dialer: Dialer
  readonly served: ServedStreams
  /** Closes a connection of which no cluster wants to know; `isDenied` when the peer is kept out for a while. */
  readonly release: (session: Session, isDenied: boolean) => void
  /** An earlier link of the same cluster has ended. Never rejects. */
  readonly startAfter: Promise<void>
  /** The link is gone from now on; `done` resolves when its protocols are. Never rejects. */
  readonly detached: (done: Promise<void>) => void
}

interface Inside extends LinkParts {
  readonly events: EventQueue<MemberTransportEvent>
  readonly gossip: ClusterGossip
  readonly reach: Reach
  readonly requests: MemberRequests
  readonly connected: Set<PeerId>
  /** Of them, those that are reached through a relay only. */
  readonly relayed: Set<PeerId>
  readonly dialing: Set<PeerId>
  readonly ending: AbortController
  /** Runs once gossip has started; in order. */
  readonly afterStart: (run: () => void) => void
}

/** Takes part in a cluster. */
export function createClusterLink(parts: LinkParts): HostLink {
  const { cluster, gate, sessions, log, clock } = parts
  const events = createEventQueue(parts.handle)
  const deliver = (topic: string, message: Extract<MemberTransportEvent, { type: 'message' }>['message']) =>
    events.push({ type: 'message', topic, message })
  const gossip = createGossip({ ...parts, deliver })
  const started = parts.startAfter.then(gossip.start)
  started.catch((error: unknown) => log.error({ cluster, error }, 'gossip has not started'))
  const inside: Inside = {
    ...parts,
    events,
    gossip,
    reach: createReach(parts),
    requests: createMemberRequests(
      (peer, signal) => openFrames(inside, peer, MEMBER_PROTOCOL, { signal }),
      clock,
      events.push,
    ),
    connected: new Set(),
    relayed: new Set(),
    dialing: new Set(),
    ending: new AbortController(),
    afterStart: (run) => void started.catch(() => undefined).then(run),
  }
  const streams = streamsOf(inside)
  streams.serve(MEMBER_PROTOCOL, inside.requests.serve)
  return {
    gate,
    streams,
    transport: transportOf(inside),
    recheck() {
      for (const session of sessions.all()) void recheck(inside, session)
    },
    detach: () => detach(inside),
    changed: (session, isAsked) => update(inside, session.peer, isAsked),
    closed(session) {
      update(inside, session.peer, session.isAsked())
      inside.afterStart(() => gossip.closed(session))
    },
    discovered: (peer, addresses) => events.push({ type: 'discovered', peer, addresses }),
    tend: () => inside.afterStart(gossip.heal),
    scoreOf: gossip.scoreOf,
  }
}

function transportOf(inside: Inside): MemberTransport {
  const { gossip, requests, afterStart, ending } = inside
  // A cluster may be left before its gossip has started, or in the same moment.
  const whileHere = (run: () => void) =>
    afterStart(() => {
      if (!ending.signal.aborted) run()
    })
  return {
    self: inside.self,
    dial: (peer, addresses) => dial(inside, peer, addresses),
    hangUp(peer) {
      for (const session of inside.sessions.of(peer)) {
        session.leave(inside.cluster)
        if (!session.isStanding()) inside.release(session, true)
      }
    },
    request: requests.request,
    answer: requests.answer,
    subscribe: (topic) => whileHere(() => gossip.subscribe(topic)),
    publish: (topic, { bytes }) => whileHere(() => gossip.publish(topic, bytes)),
  }
}

function dial(inside: Inside, peer: PeerId, addresses: readonly string[]): void {
  const { connected, relayed, dialing, events, ending, reach } = inside
  if ((connected.has(peer) && !relayed.has(peer)) || dialing.has(peer)) return
  dialing.add(peer)
  const deadline = timeoutSignal(inside.clock, DIAL_TIMEOUT_MS, ending.signal)
  const find = relayed.has(peer) ? reach.directMember : reach.member
  find(peer, addresses, deadline.signal)
    .then(
      () => dialing.delete(peer),
      () => {
        dialing.delete(peer)
        // A connection that the peer has dialed meanwhile is as good, unless it goes through a relay.
        if (!connected.has(peer) || relayed.has(peer)) events.push({ type: 'dial-failed', peer })
      },
    )
    .finally(deadline.cancel)
}

function streamsOf(inside: Inside): Streams {
  const { served, cluster, gate } = inside
  return {
    open: (peer, protocol, options) => openFrames(inside, peer, protocol, options),
    serve(protocol, answer) {
      const isOpen = protocol.isOpenToStrangers === true
      const mayAsk = (session: Session) => isOpen || (session.isAdmitted(cluster) && gate.isAdmitted(session.peer))
      served.serve({ cluster, protocol, mayAsk, answer })
    },
  }
}

async function openFrames(inside: Inside, ...[peer, protocol, options = {}]: Parameters<Streams['open']>) {
  const { addresses = [], signal } = options
  signal?.throwIfAborted()
  const parent = signal === undefined ? inside.ending.signal : AbortSignal.any([signal, inside.ending.signal])
  const deadline = timeoutSignal(inside.clock, Math.min(protocol.deadlineMs, DIAL_TIMEOUT_MS), parent)
  try {
    const find = protocol.isOpenToStrangers === true ? inside.reach.anybody : inside.reach.member
    const session = await find(peer, addresses, deadline.signal)
    return await inside.served.open(session, inside.cluster, protocol, deadline.signal)
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  } finally {
    deadline.cancel()
  }
}

/** Tells what has changed between this node and a peer. */
function update(inside: Inside, peer: PeerId, isAsked: boolean): void {
  const { connected, relayed, sessions, cluster, events, gossip } = inside
  const standing = sessions.standing(peer, cluster)
  inside.reach.changed(peer)
  if (standing !== undefined) {
    if (!connected.has(peer)) {
      connected.add(peer)
      events.push({ type: 'connected', peer })
      inside.afterStart(() => gossip.connected(peer))
    }
    route(inside, peer, standing.isRelayed)
    return
  }
  if (!connected.delete(peer)) return
  relayed.delete(peer)
  events.push({ type: 'disconnected', peer, isAsked })
  inside.afterStart(() => gossip.disconnected(peer))
  inside.served.reset(cluster, peer)
}

/** Tells when the way to a connected peer is another one. */
function route({ relayed, events }: Inside, peer: PeerId, isRelayed: boolean): void {
  if (isRelayed === relayed.has(peer)) return
  if (isRelayed) relayed.add(peer)
  else relayed.delete(peer)
  events.push({ type: 'routed', peer, isRelayed })
}

async function recheck(inside: Inside, session: Session): Promise<void> {
  const wasAdmitted = session.isAdmitted(inside.cluster)
  await session.recheck(inside.cluster)
  if (wasAdmitted && !session.isAdmitted(inside.cluster) && !session.isStanding()) inside.release(session, true)
}

async function detach(inside: Inside): Promise<void> {
  const { events, ending, sessions, served, cluster, gossip, log } = inside
  if (ending.signal.aborted) return
  events.close()
  ending.abort(new MeshError('unreachable', 'The cluster was left'))
  const stopped = new Promise<void>((resolve) => inside.afterStart(resolve))
    .then(gossip.stop)
    .catch((error: unknown) => log.warn({ cluster, error }, 'gossip has not stopped in good order'))
  inside.detached(stopped)
  served.withdraw(cluster)
  served.reset(cluster)
  for (const session of sessions.all()) session.leave(cluster)
  await stopped
  for (const session of sessions.all()) {
    if (!session.isStanding() && served.countOf(session) === 0) inside.release(session, false)
  }
}
