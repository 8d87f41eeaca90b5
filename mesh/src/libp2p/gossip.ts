import { createHash } from 'node:crypto'
import { TopicValidatorResult } from '@libp2p/gossipsub'
import { type Connection, type Stream, start, stop } from '@libp2p/interface'
import type { Clock } from '@muster/runtime/clock.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { Random } from '@muster/runtime/random.ts'
import type { PeerId } from '../admission/membership.ts'
import { MeshError } from '../fault.ts'
import type { AdmissionGate } from '../network/network-host.ts'
import type { SignedRecord } from '../records/record.ts'
import { breakOffFloods, GOSSIP_RATE } from './gossip-flood.ts'
import { createGossipRouter, type GossipComponents, type GossipRouter } from './gossip-router.ts'
import type { Session } from './session.ts'
import type { Sessions } from './sessions.ts'

/**
 * A message is passed on after up to so long. Neighbors from whom it comes meanwhile need not get it, so it runs over most
 * connections once and not twice.
 */
const FORWARD_SPREAD_MS = 150

/** Gossip of one cluster. Only admitted peers are known to it at all: strangers neither hear nor are heard. */
export interface ClusterGossip {
  /** Resolves when messages are taken. */
  start(): Promise<void>
  stop(): Promise<void>
  subscribe(topic: string): void
  publish(topic: string, bytes: Uint8Array): void
  /** Both ends admit each other, on any connection. */
  connected(peer: PeerId): void
  disconnected(peer: PeerId): void
  /** A connection has closed; another one to the same peer may stand. */
  closed(session: Session): void
  /** Makes streams anew that have broken while their connection stands. */
  heal(): void
  /** Below 0 when a peer has misbehaved. */
  scoreOf(peer: PeerId): number
}

/** What it stands on. */
export interface GossipParts {
  readonly cluster: string
  readonly self: PeerId
  readonly components: GossipComponents
  readonly sessions: Sessions
  readonly gate: AdmissionGate
  readonly clock: Clock
  readonly random: Pick<Random, 'fraction'>
  readonly log: Log
  readonly deliver: (topic: string, message: SignedRecord) => void
}

/** Which connection gossip with a peer runs on. */
interface Binding {
  readonly session: Session
  /** The stream that the peer has opened on it. */
  readonly inbound: Stream | undefined
}

interface Inside extends GossipParts {
  readonly router: GossipRouter
  readonly bindings: Map<PeerId, Binding>
  /** Gossipsub lets streams that come before it has started, or after it has ended, lie open: nobody would read them. */
  isRunning: boolean
}

/**
 * Of two peers the one with the smaller name decides on which connection they gossip; the other follows to where the
 * first stream comes. So when both have dialed each other, they still agree.
 */
export function createGossip(parts: GossipParts): ClusterGossip {
  // Not the cluster's name: whoever connects is told which protocols there are.
  const name = createHash('sha256').update(parts.cluster).digest('hex').slice(0, 16)
  const protocol = `/muster/gossip/1/${name}`
  const accept = (stream: Stream, connection: Connection) => takeStream(inside, stream, connection)
  const router = createGossipRouter(parts.components, protocol, accept)
  const ending = new AbortController()
  const inside: Inside = { ...parts, router, bindings: new Map(), isRunning: false }
  const { bindings, self } = inside
  router.pubsub.addEventListener('gossipsub:message', ({ detail: { msgId, propagationSource } }) => {
    const waitMs = FORWARD_SPREAD_MS * parts.random.fraction()
    parts.clock.sleep(waitMs, ending.signal).then(
      () => router.forward(msgId, propagationSource.toString()),
      () => undefined,
    )
  })
  return {
    async start() {
      await start(router.pubsub)
      inside.isRunning = true
    },
    async stop() {
      ending.abort()
      inside.isRunning = false
      // Closed in good order, a stream stays half open at its other end, which would take it for a way to this node.
      for (const { inbound } of bindings.values()) inbound?.abort(new MeshError('unreachable', 'The cluster was left'))
      await stop(router.pubsub)
    },
    subscribe(topic) {
      router.pubsub.topicValidators.set(topic, (from, { data }) => validate(inside, topic, data, from.toString()))
      router.subscribe(topic)
    },
    publish(topic, bytes) {
      router.pubsub.publish(topic, bytes).catch((error: unknown) => parts.log.debug({ topic, error }, 'not published'))
    },
    connected(peer) {
      if (self < peer && !bindings.has(peer)) lead(inside, peer)
    },
    disconnected: (peer) => unbind(inside, peer),
    closed({ peer, connection }) {
      if (bindings.get(peer)?.session.connection !== connection) return
      unbind(inside, peer)
      if (self < peer) lead(inside, peer)
    },
    heal() {
      for (const [peer, { session, inbound }] of [...bindings]) {
        if (router.hasStreamTo(peer)) continue
        // Who follows makes the leader begin anew.
        if (self < peer) bind(inside, session, undefined)
        else inbound?.abort(new MeshError('unreachable', 'The stream back has broken'))
      }
    },
    scoreOf: (peer) => router.scoreOf(peer),
  }
}

function lead(inside: Inside, peer: PeerId): void {
  const session = inside.sessions.standing(peer, inside.cluster)
  if (session !== undefined) bind(inside, session, undefined)
}

function bind(inside: Inside, session: Session, inbound: Stream | undefined): void {
  unbind(inside, session.peer)
  inside.bindings.set(session.peer, { session, inbound })
  inside.router.addPeer(session.connection.remotePeer, session.connection)
}

function unbind({ bindings, router }: Inside, peer: PeerId): void {
  const binding = bindings.get(peer)
  if (!bindings.delete(peer) || binding === undefined) return
  router.removePeer(binding.session.connection.remotePeer)
}

function takeStream(inside: Inside, stream: Stream, connection: Connection): void {
  const { sessions, cluster, gate, self, bindings, router } = inside
  const session = sessions.find(connection)
  const isAdmitted = session?.isAdmitted(cluster) === true && gate.isAdmitted(session.peer)
  const isLeader = session !== undefined && self < session.peer
  const isStray = isLeader && bindings.get(session.peer)?.session !== session
  if (session === undefined || !isAdmitted || isStray || !inside.isRunning) {
    stream.abort(new MeshError('refused', 'Not admitted to this cluster'))
    return
  }
  if (isLeader) bindings.set(session.peer, { session, inbound: stream })
  else bind(inside, session, stream)
  router.take(stream, connection)
  void breakOffFloods(stream, inside.clock, GOSSIP_RATE)
}

async function validate(inside: Inside, topic: string, data: Uint8Array, from: PeerId): Promise<TopicValidatorResult> {
  if (!inside.gate.isAdmitted(from)) return TopicValidatorResult.Ignore
  const judged = await inside.gate.receive(topic, data, from)
  if (judged.verdict !== 'accept') {
    return judged.verdict === 'reject' ? TopicValidatorResult.Reject : TopicValidatorResult.Ignore
  }
  inside.deliver(topic, judged.message)
  return TopicValidatorResult.Accept
}
