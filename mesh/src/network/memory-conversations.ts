import type { Clock } from '@muster/runtime/clock.ts'
import type { PeerId } from '../admission/membership.ts'
import { MeshError } from '../fault.ts'
import type { AdmissionGate, MemberTransport, MemberTransportEvent } from './network-host.ts'
import type { Streams } from './streams.ts'

/** A node's part in one cluster. */
export interface Attached {
  readonly self: PeerId
  readonly cluster: string
  readonly gate: AdmissionGate
  readonly handle: (event: MemberTransportEvent) => void
  /** Streams that do not dial. */
  readonly raw: Streams
  readonly topics: Set<string>
  /** Greeted and admitted at both ends. */
  readonly connected: Set<PeerId>
  /** Requests without an answer yet, and who is asked. */
  readonly pending: Map<number, PeerId>
  /** Detached or dead: hears nothing any more. */
  isOver: boolean
}

/** The connections below, which all clusters of a process share. */
export interface Ground {
  /** Whether a connection stands afterwards. */
  connect(self: PeerId, peer: PeerId, addresses: readonly string[] | undefined): boolean
  attached(cluster: string, peer: PeerId): Attached | undefined
  peersOf(self: PeerId): readonly PeerId[]
  /** A cluster has no more use for the connection. */
  release(self: PeerId, peer: PeerId): void
}

/** What the members of clusters say to each other over the connections of their hosts. */
export interface Conversations {
  transportOf(attached: Attached): MemberTransport
  streamsOf(attached: Attached): Streams
  recheck(attached: Attached): void
  /** The two are no longer connected as members. */
  part(left: Attached, right: Attached, isAsked: boolean): void
  partAll(attached: Attached): void
}

/** Nobody is connected. @param latencyMs - one way */
export function createConversations(clock: Clock, latencyMs: number, ground: Ground): Conversations {
  const part = (left: Attached, right: Attached, isAsked: boolean) => {
    if (!left.connected.delete(right.self)) return
    right.connected.delete(left.self)
    emit(left, { type: 'disconnected', peer: right.self, isAsked })
    emit(right, { type: 'disconnected', peer: left.self, isAsked })
    ground.release(left.self, right.self)
  }
  const partFrom = (attached: Attached, peer: PeerId) => {
    const other = ground.attached(attached.cluster, peer)
    if (other !== undefined) part(attached, other, true)
  }
  const later = (run: () => void | Promise<void>) => void clock.sleep(latencyMs).then(run)
  const greet = createGreeter(clock, latencyMs, ground)
  /** The other end, once both have admitted each other. */
  const reach: Reach = async (self, peer, addresses) => {
    await clock.sleep(latencyMs)
    if (self.isOver || !ground.connect(self.self, peer, addresses)) return undefined
    const other = ground.attached(self.cluster, peer)
    return other !== undefined && (await greet(self, other)) ? other : undefined
  }
  return {
    transportOf: (attached) => createTransport(attached, { clock, ground, later, reach, partFrom }),
    streamsOf: (attached) => createStreams(attached, { clock, ground, later, reach, partFrom }),
    recheck(attached) {
      const isMember = attached.gate.hello() !== undefined
      for (const peer of [...attached.connected]) {
        if (!isMember || !attached.gate.isAdmitted(peer)) partFrom(attached, peer)
      }
      const strangers = ground.peersOf(attached.self).filter((peer) => !attached.connected.has(peer))
      for (const other of strangers.flatMap((peer) => ground.attached(attached.cluster, peer) ?? [])) {
        void greet(attached, other)
      }
    },
    part,
    partAll(attached) {
      for (const peer of [...attached.connected]) partFrom(attached, peer)
    },
  }
}

function emit(attached: Attached, event: MemberTransportEvent): void {
  if (!attached.isOver) attached.handle(event)
}

/** Shows each of two who is who; both greet at the same moment often, which is one greeting. */
function createGreeter(clock: Clock, latencyMs: number, ground: Ground) {
  const greetings = new Map<string, Promise<boolean>>()
  const begin = async (left: Attached, right: Attached) => {
    if (!(await exchangeHellos(clock, latencyMs, left, right))) return false
    if (left.isOver || right.isOver || !ground.connect(left.self, right.self, undefined)) return false
    left.connected.add(right.self)
    right.connected.add(left.self)
    emit(left, { type: 'connected', peer: right.self })
    emit(right, { type: 'connected', peer: left.self })
    return true
  }
  return (left: Attached, right: Attached): Promise<boolean> => {
    if (left.connected.has(right.self)) return Promise.resolve(true)
    const key = [left.cluster, ...[left.self, right.self].sort()].join(' ')
    const greeting = greetings.get(key) ?? begin(left, right).finally(() => greetings.delete(key))
    greetings.set(key, greeting)
    return greeting
  }
}

async function exchangeHellos(clock: Clock, latencyMs: number, left: Attached, right: Attached): Promise<boolean> {
  const [ofLeft, ofRight] = [left.gate.hello(), right.gate.hello()]
  if (ofLeft === undefined || ofRight === undefined) return false
  await clock.sleep(latencyMs)
  const answers = await Promise.allSettled([right.gate.admit(left.self, ofLeft), left.gate.admit(right.self, ofRight)])
  return answers.every(({ status }) => status === 'fulfilled')
}

type Reach = (self: Attached, peer: PeerId, addresses?: readonly string[]) => Promise<Attached | undefined>

interface Wires {
  readonly clock: Clock
  readonly ground: Ground
  readonly later: (run: () => void | Promise<void>) => void
  readonly reach: Reach
  readonly partFrom: (attached: Attached, peer: PeerId) => void
}

function createTransport(attached: Attached, wires: Wires): MemberTransport {
  const { clock, ground, later, reach, partFrom } = wires
  const { self, cluster, connected, topics, pending } = attached
  const dialing = new Set<PeerId>()
  const fail = (peer: PeerId, id: number) => {
    if (pending.delete(id)) emit(attached, { type: 'request-failed', peer, id })
  }
  return {
    self,
    dial(peer, addresses) {
      if (dialing.has(peer) || connected.has(peer)) return
      dialing.add(peer)
      void reach(attached, peer, addresses).then((other) => {
        dialing.delete(peer)
        if (other === undefined) emit(attached, { type: 'dial-failed', peer })
      })
    },
    hangUp: (peer) => later(() => partFrom(attached, peer)),
    request(peer, id, body, timeoutMs) {
      pending.set(id, peer)
      void clock.sleep(timeoutMs).then(() => fail(peer, id))
      void reach(attached, peer).then((other) => {
        if (other === undefined) return fail(peer, id)
        later(() => emit(other, { type: 'requested', peer: self, id, body }))
      })
    },
    answer(peer, id, body) {
      later(() => {
        const asker = ground.attached(cluster, peer)
        if (asker?.pending.get(id) !== self) return
        asker.pending.delete(id)
        emit(asker, { type: 'answered', peer: self, id, body })
      })
    },
    subscribe: (topic) => void topics.add(topic),
    publish(topic, message) {
      for (const peer of connected) pass(attached, peer, topic, message.bytes, wires)
    },
  }
}

/** Floods: who takes a message passes it to all it is connected to, and nobody takes it twice. */
function pass(from: Attached, to: PeerId, topic: string, bytes: Uint8Array, wires: Wires): void {
  const other = wires.ground.attached(from.cluster, to)
  if (other?.topics.has(topic) !== true) return
  wires.later(async () => {
    if (other.isOver || !other.connected.has(from.self) || !other.gate.isAdmitted(from.self)) return
    const judged = await other.gate.receive(topic, bytes, from.self)
    if (judged.verdict !== 'accept' || other.isOver) return
    emit(other, { type: 'message', topic, message: judged.message })
    for (const peer of other.connected) if (peer !== from.self) pass(other, peer, topic, bytes, wires)
  })
}

function createStreams(attached: Attached, { clock, ground, reach }: Wires): Streams {
  return {
    async open(peer, protocol, options = {}) {
      options.signal?.throwIfAborted()
      await clock.sleep(0, options.signal)
      if (attached.isOver || !ground.connect(attached.self, peer, options.addresses)) {
        throw new MeshError('unreachable', `No connection to ${peer}`)
      }
      if (protocol.isOpenToStrangers !== true && (await reach(attached, peer)) === undefined) {
        throw new MeshError('refused', `${peer} and this node do not admit each other`)
      }
      return attached.raw.open(peer, protocol, options)
    },
    serve: (protocol, answer) => attached.raw.serve(protocol, answer),
  }
}
