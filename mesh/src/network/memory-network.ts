import type { Random } from '@muster/runtime/random.ts'
import type { PeerId } from '../admission/membership.ts'
import { type Connections, createConnections } from './connections.ts'
import { spreadMessage } from './gossip.ts'
import { createLinks, type Links } from './links.ts'
import { createNodes, type Nodes } from './nodes.ts'
import type { Scheduler } from './scheduler.ts'
import type { Transport, TransportEvent } from './transport.ts'

/** A network inside one process on virtual time: the same seed gives the same run. */
export interface MemoryNetwork<Request, Answer, Message> {
  readonly links: Links
  /** Brings a node up, at first or after a crash; its handler hears from then on. */
  start(peer: PeerId, handler: Handler<Request, Answer, Message>): Transport<Request, Answer, Message>
  /** `crashed`, `silent`, `frozen`; or `running` again after `frozen`. After a death use `start`. */
  setHealth(peer: PeerId, health: 'running' | 'frozen' | 'crashed' | 'silent'): void
  /** Runs when the delay is over and the process runs; a timer of the process. */
  timer(peer: PeerId, delayMs: number, run: () => void): void
  connectionsOf(peer: PeerId): ReadonlySet<PeerId>
  /** Deliveries of topics so far. */
  deliveries(): number
}

/** Where the events of a node go. */
export type Handler<Request, Answer, Message> = (event: TransportEvent<Request, Answer, Message>) => void

/** What the network stands on. */
export interface MemoryNetworkParts<Message> {
  readonly random: Random
  readonly scheduler: Scheduler
  readonly cloudOf: (peer: PeerId) => string
  /** A copy of a topic's message arrives, the first or another one; `degree` neighbors follow the topic there. */
  readonly carried?: (to: PeerId, message: Message, degree: number) => void
}

/** Everything of the network that a node's transport uses. */
interface Inside<Request, Answer, Message> {
  readonly scheduler: Scheduler
  readonly links: Links
  readonly nodes: Nodes
  readonly connections: Connections
  readonly dialing: Set<string>
  /** Requests without an answer yet. */
  readonly pending: Set<string>
  readonly handlers: Map<PeerId, Handler<Request, Answer, Message>>
  readonly topics: Map<string, Set<PeerId>>
  publish(origin: PeerId, topic: string, message: Message): void
}

/** An empty network. */
export function createMemoryNetwork<Request, Answer, Message>(
  parts: MemoryNetworkParts<Message>,
): MemoryNetwork<Request, Answer, Message> {
  const { random, scheduler } = parts
  const links = createLinks(random, parts.cloudOf)
  const nodes = createNodes()
  const handlers = new Map<PeerId, Handler<Request, Answer, Message>>()
  const topics = new Map<string, Set<PeerId>>()
  let deliveries = 0
  const connections = createConnections({
    random,
    scheduler,
    links,
    nodes,
    listener: {
      connected: (self, peer) => handlers.get(self)?.({ type: 'connected', peer }),
      disconnected: (self, peer, isAsked) => handlers.get(self)?.({ type: 'disconnected', peer, isAsked }),
    },
  })
  const ground = { transit: links.transit, neighborsOf: rememberNeighbors(topics, nodes, connections) }
  const { carried } = parts
  const groundFor = (message: Message) =>
    carried === undefined
      ? ground
      : { ...ground, carried: (to: PeerId, degree: number) => carried(to, message, degree) }
  const publish = (origin: PeerId, topic: string, message: Message) => {
    for (const { peer, afterMs } of spreadMessage(origin, topic, groundFor(message), random)) {
      const epoch = nodes.epochOf(peer)
      scheduler.after(afterMs, () =>
        nodes.deliver(peer, epoch, () => {
          deliveries += 1
          handlers.get(peer)?.({ type: 'message', topic, message })
        }),
      )
    }
  }
  const inside: Inside<Request, Answer, Message> = {
    scheduler,
    links,
    nodes,
    connections,
    handlers,
    topics,
    publish,
    dialing: new Set(),
    pending: new Set(),
  }
  return {
    links,
    start(peer, handler) {
      handlers.set(peer, handler)
      nodes.set(peer, 'running')
      return createTransport(peer, inside)
    },
    setHealth(peer, health) {
      if (health === 'crashed' || health === 'silent') {
        connections.drop(peer, health === 'crashed')
        for (const subscribers of topics.values()) subscribers.delete(peer)
      }
      nodes.set(peer, health)
    },
    timer(peer, delayMs, run) {
      const epoch = nodes.epochOf(peer)
      scheduler.after(delayMs, () => nodes.deliver(peer, epoch, run))
    },
    connectionsOf: connections.peersOf,
    deliveries: () => deliveries,
  }
}

/** Who of a node's peers hears of a topic; found once for as long as the network stays as it is. */
function rememberNeighbors(topics: Inside<never, never, never>['topics'], nodes: Nodes, connections: Connections) {
  const known = new Map<string, Map<PeerId, readonly PeerId[]>>()
  let changes = 0
  return (peer: PeerId, topic: string): readonly PeerId[] => {
    const subscribers = topics.get(topic)
    if (subscribers === undefined) return []
    if (changes !== connections.changes + nodes.changes) known.clear()
    changes = connections.changes + nodes.changes
    const ofTopic = known.get(topic) ?? new Map<PeerId, readonly PeerId[]>()
    known.set(topic, ofTopic)
    const found =
      ofTopic.get(peer) ??
      [...connections.peersOf(peer)].filter((one) => subscribers.has(one) && nodes.healthOf(one) === 'running')
    ofTopic.set(peer, found)
    return found
  }
}

function createTransport<Request, Answer, Message>(
  self: PeerId,
  inside: Inside<Request, Answer, Message>,
): Transport<Request, Answer, Message> {
  const { scheduler, links, nodes, connections, dialing, pending, handlers, topics } = inside
  const epoch = nodes.epochOf(self)
  const isAlive = () => nodes.epochOf(self) === epoch
  const emit = (peer: PeerId, at: number, event: TransportEvent<Request, Answer, Message>) =>
    nodes.deliver(peer, at, () => handlers.get(peer)?.(event))
  const keyOf = (peer: PeerId, id: number) => `${self}>${peer}#${id}#${epoch}`
  const deliverRequest = (peer: PeerId, id: number, body: Request) => {
    const there = links.transit(self, peer)
    if (there !== undefined) {
      const target = nodes.epochOf(peer)
      scheduler.after(there, () => emit(peer, target, { type: 'requested', peer: self, id, body }))
    }
  }
  const failRequest = (peer: PeerId, id: number) => {
    if (pending.delete(keyOf(peer, id))) emit(self, epoch, { type: 'request-failed', peer, id })
  }
  return {
    self,
    dial(peer) {
      const key = `${self}>${peer}#${epoch}`
      if (!isAlive() || dialing.has(key)) return
      dialing.add(key)
      const { afterMs, isOpen } = connections.tryHandshake(self, peer)
      scheduler.after(afterMs, () => {
        dialing.delete(key)
        if (!isAlive() || connections.has(self, peer)) return
        if (isOpen) connections.open(self, peer)
        if (!connections.has(self, peer)) emit(self, epoch, { type: 'dial-failed', peer })
      })
    },
    hangUp: (peer) => connections.hangUp(self, peer),
    request(peer, id, body, timeoutMs) {
      if (!isAlive()) return
      pending.add(keyOf(peer, id))
      scheduler.after(timeoutMs, () => failRequest(peer, id))
      if (connections.has(self, peer) && connections.has(peer, self)) return deliverRequest(peer, id, body)
      const { afterMs, isOpen } = connections.tryHandshake(self, peer)
      if (!isOpen) return scheduler.after(Math.min(afterMs, timeoutMs), () => failRequest(peer, id))
      scheduler.after(afterMs, () => deliverRequest(peer, id, body))
    },
    answer(peer, id, body) {
      const back = links.transit(self, peer)
      if (!isAlive() || back === undefined) return
      const asker = nodes.epochOf(peer)
      scheduler.after(back, () => {
        if (!pending.delete(`${peer}>${self}#${id}#${asker}`)) return
        emit(peer, asker, { type: 'answered', peer: self, id, body })
      })
    },
    subscribe(topic) {
      topics.set(topic, (topics.get(topic) ?? new Set()).add(self))
    },
    publish(topic, message) {
      if (isAlive()) inside.publish(self, topic, message)
    },
  }
}
