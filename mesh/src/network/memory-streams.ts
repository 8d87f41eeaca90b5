import type { Clock } from '@muster/runtime/clock.ts'
import type { PeerId } from '../admission/membership.ts'
import { MeshError } from '../fault.ts'
import { createFramePair, type FramePair } from './frame-pair.ts'
import type { FrameProtocol, FrameStream, Streams } from './streams.ts'

/** Who a node lets speak; the network asks at both ends. Left out: everybody. */
export interface StreamGate {
  isAdmitted(peer: PeerId): boolean
}

/** The streams of any number of nodes inside one process. */
export interface MemoryStreams {
  /** Brings a node up. The streams of an earlier start of the same peer are severed. */
  start(peer: PeerId, gate?: StreamGate): Streams
  /** The node is gone: its conversations break, nobody reaches it. */
  stop(peer: PeerId): void
  /** Conversations between the two break, and no new ones come about until `mend`. */
  cut(left: PeerId, right: PeerId): void
  mend(left: PeerId, right: PeerId): void
  /** Conversations between the two break; new ones may begin. */
  sever(left: PeerId, right: PeerId): void
  /** Conversations that are open now. */
  open(): number
}

interface Served {
  readonly protocol: FrameProtocol
  readonly answer: (stream: FrameStream) => Promise<void>
}

interface Node {
  readonly peer: PeerId
  readonly gate: StreamGate | undefined
  readonly served: Map<string, Served>
}

interface Conversation {
  readonly opener: Node
  readonly answerer: Node
  readonly protocol: string
  readonly pair: FramePair
}

/** A network without nodes. */
export function createMemoryStreams(clock: Clock): MemoryStreams {
  const nodes = new Map<PeerId, Node>()
  const cuts = new Set<string>()
  const conversations = new Set<Conversation>()
  const isCut = (left: PeerId, right: PeerId) => cuts.has(linkOf(left, right))
  const severWhere = (isBroken: (one: Conversation) => boolean) => {
    for (const one of [...conversations]) if (isBroken(one)) one.pair.sever()
  }
  const stop = (peer: PeerId) => {
    nodes.delete(peer)
    severWhere(({ opener, answerer }) => opener.peer === peer || answerer.peer === peer)
  }

  const begin = (opener: Node, answerer: Node, protocol: FrameProtocol, served: Served) => {
    const before = [...conversations].filter((one) => isBetween(one, opener, answerer, protocol))
    const pair = createFramePair(protocol, opener.peer, answerer.peer, clock)
    if (before.length >= served.protocol.maxPerPeer) {
      pair.sever()
      return pair.opener
    }
    const conversation = { opener, answerer, protocol: protocol.name, pair }
    conversations.add(conversation)
    void pair.ended.then(() => conversations.delete(conversation))
    served.answer(pair.answerer).then(
      () => pair.finish(),
      () => pair.sever(),
    )
    return pair.opener
  }

  const streamsOf = (self: Node): Streams => ({
    async open(peer, protocol, { signal } = {}) {
      signal?.throwIfAborted()
      // As with sockets, nothing comes about within the call.
      await Promise.resolve()
      signal?.throwIfAborted()
      const other = nodes.get(peer)
      if (nodes.get(self.peer) !== self || other === undefined || isCut(self.peer, peer)) {
        throw new MeshError('unreachable', `No connection to ${peer}`)
      }
      const isOpen = protocol.isOpenToStrangers === true
      if (!isOpen && (self.gate?.isAdmitted(peer) === false || other.gate?.isAdmitted(self.peer) === false)) {
        throw new MeshError('refused', `${peer} and this node do not admit each other`)
      }
      const served = other.served.get(protocol.name)
      if (served === undefined) throw new MeshError('unreachable', `${peer} does not speak ${protocol.name}`)
      return begin(self, other, protocol, served)
    },
    serve(protocol, answer) {
      self.served.set(protocol.name, { protocol, answer })
    },
  })

  return {
    start(peer, gate) {
      stop(peer)
      const node: Node = { peer, gate, served: new Map() }
      nodes.set(peer, node)
      return streamsOf(node)
    },
    stop,
    cut(left, right) {
      cuts.add(linkOf(left, right))
      severWhere(({ opener, answerer }) => isCut(opener.peer, answerer.peer))
    },
    sever: (left, right) =>
      severWhere(({ opener, answerer }) => linkOf(opener.peer, answerer.peer) === linkOf(left, right)),
    mend: (left, right) => void cuts.delete(linkOf(left, right)),
    open: () => conversations.size,
  }
}

function isBetween(one: Conversation, opener: Node, answerer: Node, protocol: FrameProtocol): boolean {
  return one.opener === opener && one.answerer === answerer && one.protocol === protocol.name
}

function linkOf(left: PeerId, right: PeerId): string {
  return left < right ? `${left} ${right}` : `${right} ${left}`
}
