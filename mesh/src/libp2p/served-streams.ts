import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { type Clock, timeoutSignal } from '@muster/runtime/clock.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { PeerId } from '../admission/membership.ts'
import { MeshError } from '../fault.ts'
import type { FrameProtocol, FrameStream } from '../network/streams.ts'
import { createFrameStream, type OpenFrameStream } from './frame-stream.ts'
import { MAX_STREAMS_PER_CONNECTION, OPEN_TIMEOUT_MS } from './limits.ts'
import type { Session } from './session.ts'
import type { Sessions } from './sessions.ts'
import { cutIfGreedy } from './strangers.ts'

const MAX_CLUSTER_BYTES = 64

/** One protocol in one cluster. */
export interface Served {
  readonly cluster: string
  readonly protocol: FrameProtocol
  readonly mayAsk: (session: Session) => boolean
  readonly answer: (stream: FrameStream) => Promise<void>
}

/** The streams of all clusters of a host. A stream begins with a frame that names its cluster. */
export interface ServedStreams {
  serve(served: Served): void
  /** @throws {MeshError} unreachable */
  open(session: Session, cluster: string, protocol: FrameProtocol, signal: AbortSignal): Promise<FrameStream>
  /** Conversations on a connection. */
  countOf(session: Session): number
  /** Ends the conversations of one cluster, of one peer if given; those open to strangers go on then. */
  reset(cluster: string, peer?: PeerId): void
  /** No protocol of the cluster is served any more. */
  withdraw(cluster: string): void
}

interface Conversation {
  readonly cluster: string
  readonly protocol: FrameProtocol
  readonly session: Session
  readonly frames: OpenFrameStream
  readonly isInbound: boolean
}

interface Inside {
  readonly sessions: Sessions
  readonly clock: Clock
  readonly log: Log
  /** By protocol, then by cluster. */
  readonly table: Map<string, Map<string, Served>>
  readonly conversations: Set<Conversation>
}

/** Nothing is served yet. */
export function createServedStreams(libp2p: Libp2p, sessions: Sessions, clock: Clock, log: Log): ServedStreams {
  const inside: Inside = { sessions, clock, log, table: new Map(), conversations: new Set() }
  const { table, conversations } = inside
  return {
    serve(served) {
      const { name } = served.protocol
      const others = table.get(name)
      if (others !== undefined) {
        others.set(served.cluster, served)
        return
      }
      table.set(name, new Map([[served.cluster, served]]))
      const options = { runOnLimitedConnection: true, maxInboundStreams: MAX_STREAMS_PER_CONNECTION }
      libp2p
        .handle(name, (stream, connection) => answer(inside, served.protocol, stream, connection), options)
        .catch((error: unknown) => log.error({ protocol: name, error }, 'a protocol cannot be served'))
    },
    async open(session, cluster, protocol, signal) {
      const frames = await openStream(session, protocol, signal, clock)
      track(inside, { cluster, protocol, session, frames, isInbound: false })
      await frames.send(new TextEncoder().encode(cluster))
      return frames
    },
    countOf: (session) => [...conversations].filter((one) => one.session === session).length,
    reset(cluster, peer) {
      for (const one of conversations) {
        if (one.cluster !== cluster) continue
        if (peer === undefined) one.frames.reset()
        else if (one.session.peer === peer && one.protocol.isOpenToStrangers !== true) one.frames.reset()
      }
    },
    withdraw(cluster) {
      for (const served of table.values()) served.delete(cluster)
    },
  }
}

async function openStream(session: Session, protocol: FrameProtocol, signal: AbortSignal, clock: Clock) {
  try {
    const stream = await session.connection.newStream(protocol.name, {
      signal,
      runOnLimitedConnection: true,
      maxOutboundStreams: MAX_STREAMS_PER_CONNECTION,
    })
    return createFrameStream(stream, session.peer, protocol, clock)
  } catch (cause) {
    throw new MeshError('unreachable', `${session.peer} does not answer to ${protocol.name}`, { cause })
  }
}

function track({ conversations }: Inside, conversation: Conversation): void {
  conversations.add(conversation)
  void conversation.frames.ended.then(() => conversations.delete(conversation))
}

/** A stream that another node has opened. */
async function answer(inside: Inside, protocol: FrameProtocol, stream: Stream, connection: Connection): Promise<void> {
  const session = inside.sessions.find(connection)
  if (session === undefined) return stream.abort(new MeshError('refused', 'The connection is closing'))
  if (cutIfGreedy(session)) return
  const frames = createFrameStream(stream, session.peer, protocol, inside.clock)
  try {
    const served = inside.table.get(protocol.name)?.get(await clusterOf(frames, inside.clock))
    if (served === undefined || !mayOpen(inside, session, served)) return frames.reset()
    track(inside, { cluster: served.cluster, protocol, session, frames, isInbound: true })
    await served.answer(frames)
    await frames.close()
  } catch (error) {
    inside.log.debug({ peer: session.peer, protocol: protocol.name, error }, 'conversation broke off')
    frames.reset()
  }
}

/** The first frame; who does not send it soon is cut off. */
async function clusterOf(frames: FrameStream, clock: Clock): Promise<string> {
  const deadline = timeoutSignal(clock, OPEN_TIMEOUT_MS)
  deadline.signal.addEventListener('abort', () => frames.reset())
  try {
    const frame = await frames.receive()
    if (frame === undefined || frame.length > MAX_CLUSTER_BYTES) throw new MeshError('malformed', 'No cluster is named')
    return new TextDecoder().decode(frame)
  } finally {
    deadline.cancel()
  }
}

function mayOpen({ conversations }: Inside, session: Session, served: Served): boolean {
  if (!served.mayAsk(session)) return false
  const { cluster, protocol } = served
  let count = 0
  for (const one of conversations) {
    const isLike = one.isInbound && one.cluster === cluster && one.protocol.name === protocol.name
    if (isLike && one.session.peer === session.peer) count += 1
  }
  return count < protocol.maxPerPeer
}
