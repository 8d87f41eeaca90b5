import { createHash } from 'node:crypto'
import { type GossipSub, type GossipsubOpts, gossipsub, StrictNoSign, TopicValidatorResult } from '@libp2p/gossipsub'
import { createTopicScoreParams, type TopicScoreParams } from '@libp2p/gossipsub/score'
import type { Connection, PeerId, Stream, StreamHandler, Topology } from '@libp2p/interface'
import { MAX_RECORD_BYTES } from '../records/record.ts'

/** What gossipsub takes from libp2p. */
export type GossipComponents = Parameters<ReturnType<typeof gossipsub>>[0]

/** Streams of one peer for gossip, at most; one is used, others replace it. */
const MAX_GOSSIP_STREAMS = 4
/** What may wait for a neighbor that does not read; then its stream is cut and made anew. */
const MAX_UNSENT_BYTES = 1024 * 1024
/** Largest packet of messages and control. */
const MAX_PACKET_BYTES = 1024 * 1024
/** Topic names that are kept of one neighbor. */
const MAX_TOPIC_BYTES_PER_PEER = 64 * 1024
const MESSAGE_ID_BYTES = 16

/** Gossipsub of one cluster, whose neighbors are given to it one by one instead of by libp2p. */
export interface GossipRouter {
  readonly pubsub: GossipSub
  /** Speaks with a peer over this connection from now on. */
  addPeer(peer: PeerId, connection: Connection): void
  removePeer(peer: PeerId): void
  /** A stream that a peer has opened, which was added before. */
  take(stream: Stream, connection: Connection): void
  hasStreamTo(peer: string): boolean
  /** Subscribes and counts what neighbors do there. */
  subscribe(topic: string): void
  scoreOf(peer: string): number
  /** Passes a message on that was taken, except to those who have sent it meanwhile. */
  forward(messageId: string, from: string): void
}

/** Parts of gossipsub that its type does not show. */
interface Internals {
  readonly streamsOutbound: ReadonlyMap<string, { readonly rawStream: Pick<Stream, 'status'> }>
  reportMessageValidationResult(messageId: string, from: string, result: TopicValidatorResult): void
  readonly score: {
    readonly params: { readonly topics: Record<string, TopicScoreParams> }
    score(peer: string): number
  }
}

/** @see PLATFORM.md "libp2p": what was measured; with the default quantum rejected messages are hidden */
const TOPIC_SCORE = {
  timeInMeshWeight: 0.01,
  timeInMeshQuantum: 1_000,
  timeInMeshCap: 300,
  invalidMessageDeliveriesWeight: -10,
  // Records come when there is something to say: a neighbor that delivers little is no worse for it.
  meshMessageDeliveriesWeight: 0,
  // Nor may good messages make up for forged ones.
  firstMessageDeliveriesWeight: 0,
  meshFailurePenaltyWeight: 0,
} as const

/**
 * A router that is not started yet.
 *
 * @param protocol - of its streams
 * @param accept - a peer has opened such a stream
 */
export function createGossipRouter(
  components: GossipComponents,
  protocol: string,
  accept: StreamHandler,
): GossipRouter {
  const topics = new Set<string>()
  let handler: StreamHandler | undefined
  let topology: Topology | undefined
  const pubsub = gossipsub(optionsOf(topics))({
    privateKey: components.privateKey,
    peerId: components.peerId,
    peerStore: components.peerStore,
    connectionManager: components.connectionManager,
    logger: components.logger,
    registrar: registrarOf(components, accept, {
      handled: (one) => {
        handler = one
      },
      registered: (one) => {
        topology = one
      },
    }),
  })
  if (!hasInternals(pubsub)) throw new TypeError('gossipsub is built otherwise than this program expects')
  pubsub.protocols = [protocol]
  return {
    pubsub,
    addPeer: (peer, connection) => void topology?.onConnect?.(peer, connection),
    removePeer: (peer) => void topology?.onDisconnect?.(peer),
    take: (stream, connection) => void handler?.(stream, connection),
    // One that was reset while it was made is kept by gossipsub all the same.
    hasStreamTo: (peer) => pubsub.streamsOutbound.get(peer)?.rawStream.status === 'open',
    subscribe(topic) {
      topics.add(topic)
      pubsub.score.params.topics[topic] = createTopicScoreParams(TOPIC_SCORE)
      pubsub.subscribe(topic)
    },
    scoreOf: (peer) => pubsub.score.score(peer),
    forward: (messageId, from) => pubsub.reportMessageValidationResult(messageId, from, TopicValidatorResult.Accept),
  }
}

function optionsOf(topics: ReadonlySet<string>): Partial<GossipsubOpts> {
  return {
    // Records are signed by their owners and name them.
    globalSignaturePolicy: StrictNoSign,
    msgIdFn: ({ data }) => createHash('sha256').update(data).digest().subarray(0, MESSAGE_ID_BYTES),
    D: 6,
    Dlo: 4,
    Dhi: 8,
    // What a neighbor has missed, the next comparison of records brings: telling many of it costs more than it saves.
    Dlazy: 1,
    gossipFactor: 0.05,
    floodPublish: false,
    fallbackToFloodsub: false,
    allowPublishToZeroTopicPeers: true,
    ignoreDuplicatePublishError: true,
    emitSelf: false,
    doPX: false,
    tagMeshPeers: false,
    runOnLimitedConnection: true,
    maxInboundStreams: MAX_GOSSIP_STREAMS,
    maxOutboundStreams: MAX_GOSSIP_STREAMS,
    maxOutboundBufferSize: MAX_UNSENT_BYTES,
    maxInboundDataLength: MAX_PACKET_BYTES,
    maxTopicBytesPerPeer: MAX_TOPIC_BYTES_PER_PEER,
    // Messages are passed on when `forward` says so.
    asyncValidation: true,
    awaitRpcHandler: true,
    awaitRpcMessageHandler: true,
    // Many members share one address behind NAT: that is no sign of one attacker.
    scoreParams: { IPColocationFactorWeight: 0 },
    dataTransform: {
      inboundTransform(topic, data) {
        if (!topics.has(topic)) throw new RangeError('not subscribed')
        if (data.length > MAX_RECORD_BYTES) throw new RangeError('larger than a record')
        return data
      },
      outboundTransform: (_topic, data) => data,
    },
  }
}

/** Streams go through libp2p, but neighbors are not what libp2p thinks, so a stranger never becomes one. */
function registrarOf(
  { registrar }: GossipComponents,
  accept: StreamHandler,
  tell: { readonly handled: (handler: StreamHandler) => void; readonly registered: (topology: Topology) => void },
): GossipComponents['registrar'] {
  return {
    async handle(protocol, handler, options) {
      tell.handled(handler)
      await registrar.handle(protocol, accept, options)
    },
    unhandle: (protocol) => registrar.unhandle(protocol),
    async register(protocol, topology) {
      tell.registered(topology)
      return protocol
    },
    unregister: () => undefined,
    getTopologies: () => [],
    getProtocols: () => registrar.getProtocols(),
    getHandler: (protocol) => registrar.getHandler(protocol),
    getMiddleware: (protocol) => registrar.getMiddleware(protocol),
    use: (protocol, middleware) => registrar.use(protocol, middleware),
    unuse: (protocol) => registrar.unuse(protocol),
  }
}

function hasInternals(pubsub: GossipSub): pubsub is GossipSub & Internals {
  const hasStreams = 'streamsOutbound' in pubsub && pubsub.streamsOutbound instanceof Map
  return hasStreams && 'score' in pubsub && 'reportMessageValidationResult' in pubsub
}
