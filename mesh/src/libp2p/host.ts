import { networkInterfaces } from 'node:os'
import type { Connection, Libp2p, PeerInfo, Stream } from '@libp2p/interface'
import { type Clock, timeoutSignal } from '@muster/runtime/clock.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { Random } from '@muster/runtime/random.ts'
import type { PeerId } from '../admission/membership.ts'
import { MeshError } from '../fault.ts'
import type { ConnectionView, NetworkHost, NetworkHostOptions } from '../network/network-host.ts'
import { reachableAddresses } from './addresses.ts'
import { createClusterLink, type HostLink } from './cluster-link.ts'
import { CONTROL_BOUNDS, PROCESS_BYTES } from './control-messages.ts'
import { createDialer, type Dialer } from './dialer.ts'
import { createFrameStream } from './frame-stream.ts'
import type { Gatekeeper } from './gatekeeper.ts'
import type { GossipComponents } from './gossip-router.ts'
import {
  MAX_CONNECTIONS_PER_PEER,
  MAX_STRANGERS,
  OPEN_TIMEOUT_MS,
  STRANGER_LIFE_MS,
  STRANGER_MAX_LIFE_MS,
  TEND_INTERVAL_MS,
} from './limits.ts'
import { type CircuitComponents, createRelayClient, type RelayClient } from './relay.ts'
import { createServedStreams, type ServedStreams } from './served-streams.ts'
import { createSession, type Session, type SessionParts } from './session.ts'
import type { Sessions } from './sessions.ts'
import { cutIfGreedy, watchStranger } from './strangers.ts'
import type { Traffic } from './traffic.ts'

/** What the adapter takes of libp2p's inside. */
export type HostComponents = GossipComponents & Pick<CircuitComponents, 'transportManager'>

/** What a host stands on. */
export interface HostParts {
  readonly libp2p: Libp2p
  readonly components: HostComponents
  readonly options: NetworkHostOptions
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly sessions: Sessions
  readonly traffic: Traffic
  readonly gatekeeper: Gatekeeper
  /** Who hears of peers of the network segment. */
  readonly onFound: (listener: (peer: PeerInfo) => void) => void
}

interface Inside extends HostParts {
  readonly self: PeerId
  readonly links: Map<string, HostLink>
  readonly served: ServedStreams
  readonly dialer: Dialer
  readonly relays: RelayClient
  readonly session: SessionParts
  /** Since when a connection is one of a stranger; monotonic. */
  readonly strangerSince: Map<Session, number>
  readonly ending: AbortController
  /** Clusters that are being left; who comes back waits for it. */
  readonly leaving: Map<string, Promise<void>>
}

/** Starts to listen and to take connections. @throws {MeshError} unreachable - no address can be listened at */
export async function startHost(parts: HostParts): Promise<NetworkHost> {
  const { libp2p, options, clock } = parts
  const inside = insideOf(parts)
  await libp2p.handle(CONTROL_BOUNDS.name, (stream, connection) => takeControl(inside, stream, connection), {
    runOnLimitedConnection: true,
    maxInboundStreams: 2,
  })
  libp2p.addEventListener('connection:open', ({ detail }) => opened(inside, detail))
  libp2p.addEventListener('connection:close', ({ detail }) => void closed(inside, detail))
  parts.onFound((peer) => discovered(inside, peer))
  await libp2p.start()
  if (options.listen.length > 0 && libp2p.getMultiaddrs().length === 0) {
    await libp2p.stop()
    throw new MeshError('unreachable', `None of ${options.listen.join(', ')} can be listened at`, {
      hint: 'Another program may use the port, or the address is not of this machine.',
    })
  }
  void tend(inside, clock)
  return hostOf(inside)
}

function insideOf(parts: HostParts): Inside {
  const { libp2p, clock, random, log, sessions } = parts
  const links = new Map<string, HostLink>()
  const dialer = createDialer(libp2p, log)
  const relays = createRelayClient({ ...parts, relays: parts.options.relays, dialer })
  return {
    ...parts,
    links,
    dialer,
    relays,
    self: libp2p.peerId.toString(),
    served: createServedStreams(libp2p, sessions, clock, log),
    strangerSince: new Map(),
    ending: new AbortController(),
    leaving: new Map(),
    session: {
      clock,
      random,
      log,
      process: random.bytes(PROCESS_BYTES),
      clusters: () => links.keys(),
      gateOf: (cluster) => links.get(cluster)?.gate,
      started(session) {
        // A process that begins anew tells that its earlier connections are dead, before their silence does.
        for (const other of sessions.of(session.peer)) {
          if (other.isOtherProcess(session)) other.cut('The process at the other end has begun anew')
        }
      },
      changed(session, cluster, isAsked) {
        links.get(cluster)?.changed(session, isAsked)
        relays.tend()
      },
    },
  }
}

function hostOf(inside: Inside): NetworkHost {
  const { libp2p, self, links, sessions, traffic } = inside
  return {
    self,
    addresses: () => reachableAddresses(libp2p.getMultiaddrs().map(String), networkInterfaces()),
    onAddresses(listener) {
      const told = () => listener()
      libp2p.addEventListener('self:peer:update', told)
      return () => libp2p.removeEventListener('self:peer:update', told)
    },
    connections: () => sessions.all().map(viewOf),
    traffic: traffic.counts,
    attach(cluster, gate, handle) {
      if (links.has(cluster)) throw new TypeError(`The host takes part in ${cluster} already`)
      const link = createClusterLink({
        ...inside,
        cluster,
        gate,
        handle,
        release: (session, isDenied) => release(inside, session, isDenied),
        startAfter: inside.leaving.get(cluster) ?? Promise.resolve(),
        detached(done) {
          links.delete(cluster)
          inside.leaving.set(cluster, done)
          void done.finally(() => inside.leaving.get(cluster) === done && inside.leaving.delete(cluster))
        },
      })
      links.set(cluster, link)
      for (const session of sessions.all()) session.greet(cluster)
      inside.relays.tend()
      return link
    },
    async stop() {
      inside.ending.abort()
      await Promise.all([...links.values()].map((link) => link.detach()))
      await Promise.all(sessions.all().map((session) => session.hangUp()))
      await libp2p.stop()
    },
  }
}

function viewOf(session: Session): ConnectionView {
  const { peer, connection, isRelayed, openedAt } = session
  const { direction } = connection
  return { peer, address: connection.remoteAddr.toString(), direction, isRelayed, openedAt, rttMs: session.rttMs() }
}

function opened(inside: Inside, connection: Connection): void {
  const { sessions, log } = inside
  const others = sessions.of(connection.remotePeer.toString())
  if (inside.ending.signal.aborted || others.length >= MAX_CONNECTIONS_PER_PEER) {
    connection.abort(new MeshError('refused', 'Too many connections'))
    return
  }
  const session = createSession(connection, inside.session)
  sessions.add(session)
  if (connection.status !== 'open') {
    void closed(inside, connection)
    return
  }
  log.debug({ peer: session.peer, address: connection.remoteAddr.toString() }, 'connection opened')
  makeRoom(inside)
  void watchStranger(session, inside.clock, inside.ending.signal)
  if (connection.direction === 'outbound') void openControl(inside, session)
}

/** Strangers cannot keep others out: the oldest that does nothing has to go. */
function makeRoom({ sessions, served }: Inside): void {
  const strangers = sessions.strangers()
  if (strangers.length <= MAX_STRANGERS) return
  const idle = strangers.find((one) => one.connection.direction === 'inbound' && served.countOf(one) === 0)
  const last = idle ?? strangers.at(-1)
  last?.cut('Too many connections of strangers')
}

/** Who has dialed opens the control stream. A peer that does not speak it stays a stranger. */
async function openControl(inside: Inside, session: Session): Promise<void> {
  const { clock, log } = inside
  const deadline = timeoutSignal(clock, OPEN_TIMEOUT_MS)
  try {
    const options = { signal: deadline.signal, runOnLimitedConnection: true }
    const stream = await session.connection.newStream(CONTROL_BOUNDS.name, options)
    session.begin(createFrameStream(stream, session.peer, CONTROL_BOUNDS, clock))
  } catch (error) {
    log.debug({ peer: session.peer, error }, 'no control stream')
    session.cut('The peer does not speak as a member does')
  } finally {
    deadline.cancel()
  }
}

function takeControl({ sessions, clock }: Inside, stream: Stream, connection: Connection): void {
  const session = sessions.find(connection)
  const isInbound = connection.direction === 'inbound'
  const frames = createFrameStream(stream, connection.remotePeer.toString(), CONTROL_BOUNDS, clock)
  if (session === undefined || !isInbound || !session.begin(frames)) frames.reset()
}

async function closed(inside: Inside, connection: Connection): Promise<void> {
  const session = inside.sessions.find(connection)
  if (session === undefined) return
  await session.ended()
  inside.sessions.remove(session)
  inside.strangerSince.delete(session)
  // Addresses are remembered elsewhere; libp2p would keep every peer that ever came by.
  if (inside.sessions.of(session.peer).length === 0) {
    inside.libp2p.peerStore.delete(connection.remotePeer).catch(() => undefined)
  }
  inside.log.debug({ peer: session.peer, isAsked: session.isAsked() }, 'connection closed')
  for (const link of inside.links.values()) link.closed(session)
}

function discovered(inside: Inside, { id, multiaddrs }: PeerInfo): void {
  const peer = id.toString()
  if (peer === inside.self) return
  for (const link of inside.links.values()) link.discovered(peer, multiaddrs.map(String))
}

function release(inside: Inside, session: Session, isDenied: boolean): void {
  if (isDenied) inside.gatekeeper.deny(session.peer)
  void session.hangUp()
}

/** Looks after connections now and then: strangers that do nothing are closed, and of two connections the spare one. */
async function tend(inside: Inside, clock: Clock): Promise<void> {
  const { signal } = inside.ending
  while (!signal.aborted) {
    await clock.sleep(TEND_INTERVAL_MS, signal).catch(() => undefined)
    for (const session of inside.sessions.all()) tendSession(inside, session)
    for (const link of inside.links.values()) link.tend()
    if (inside.links.size > 0) inside.relays.tend()
  }
}

function tendSession(inside: Inside, session: Session): void {
  const { strangerSince, sessions, served, clock, self } = inside
  if (!session.isStanding()) {
    const since = strangerSince.get(session) ?? clock.monotonic()
    strangerSince.set(session, since)
    const ageMs = clock.monotonic() - since
    if (cutIfGreedy(session)) return
    const isBusy = served.countOf(session) > 0
    if (ageMs > (isBusy ? STRANGER_MAX_LIFE_MS : STRANGER_LIFE_MS)) void session.hangUp()
    return
  }
  strangerSince.delete(session)
  // Both have dialed: the one with the smaller name closes what nothing runs on.
  if (self > session.peer) return
  const isSpare = [...inside.links.keys()].every((cluster) => sessions.standing(session.peer, cluster) !== session)
  if (isSpare && served.countOf(session) === 0) void session.hangUp()
}
