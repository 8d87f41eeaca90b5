import type { Membership, PeerId } from '@muster/mesh/admission/membership.ts'
import { type Member, TICK_MS } from '@muster/mesh/member/member.ts'
import type { MemberEffect, MemberEvent, MeshAnswer, MeshRequest, Times } from '@muster/mesh/member/messages.ts'
import type { MemoryNetwork } from '@muster/mesh/network/memory-network.ts'
import type { Scheduler } from '@muster/mesh/network/scheduler.ts'
import type { Transport, TransportEvent } from '@muster/mesh/network/transport.ts'
import type { SignedRecord } from '@muster/mesh/records/record.ts'
import { isSameTopic, type Topic, topicName, topicOf } from '@muster/mesh/records/topics.ts'
import type { RedialOptions, RememberedPeer } from '@muster/mesh/redial/state.ts'
import type { WitnessOptions } from '@muster/mesh/witness/state.ts'
import { CLUSTER } from './plan.ts'
import type { Seal } from './sealed.ts'
import { createSizes, type SyncEnd, type SyncWire, syncBetween } from './sync.ts'
import type { Trace } from './trace.ts'
import { countRequest, type Traffic } from './traffic.ts'

/** One machine of the simulated cluster. */
export interface SimNode {
  readonly id: PeerId
  readonly membership: Membership
  member: Member
  transport: Transport<MeshRequest, MeshAnswer, SignedRecord>
  remembered: readonly RememberedPeer[]
  bootId: number
  /** Of its wall clock. */
  skewMs: number
  life: 'up' | 'dead' | 'left'
  /** It said that it leaves. */
  hasLeft: boolean
  /** Of the next tick, run or left out. */
  wakeAt: number
  /** Of the next tick that is run: those before would change nothing unless something else happens. */
  dozesUntil: number
  readonly traffic: Traffic
}

/** Something that a member noticed. */
export interface Notice {
  readonly at: number
  readonly observer: PeerId
  readonly effect: Extract<MemberEffect, { type: 'status-changed' | 'sick' | 'well' | 'thawed' | 'answers-changed' }>
}

/** Takes a mechanism away: an event or effect for which nothing is returned does not happen. */
export interface Tampering {
  readonly event?: (self: PeerId, event: MemberEvent) => MemberEvent | undefined
  readonly effect?: (self: PeerId, effect: MemberEffect) => MemberEffect | undefined
  readonly witness?: WitnessOptions
  readonly redial?: RedialOptions
}

/** Checks bytes that arrived and hands over what is good. @param topic - name of the topic; undefined for a sync */
export type Validate = (
  node: SimNode,
  bytes: Uint8Array,
  topic: string | undefined,
  at: Times,
  perform: (effects: readonly MemberEffect[]) => void,
) => void

/** What the machines run on. */
export interface MachineParts {
  readonly network: MemoryNetwork<MeshRequest, MeshAnswer, SignedRecord>
  readonly scheduler: Scheduler
  readonly nodes: ReadonlyMap<PeerId, SimNode>
  readonly notices: Notice[]
  readonly trace: Trace
  readonly seal: Pick<Seal, 'open' | 'certificate'>
  readonly tampering: Tampering
  readonly validate: Validate | undefined
  readonly timesOf: (node: SimNode) => Times
}

/** Drives members: events in, effects out onto the network. */
export interface Machines {
  receive(id: PeerId, event: TransportEvent<MeshRequest, MeshAnswer, SignedRecord>): void
  tell(id: PeerId, event: MemberEvent): void
  /** Makes up for ticks that were left out: before something about the machine changes that is no event. */
  rouse(id: PeerId): void
  /** Lets a machine state what one of its role has to state. */
  introduce(id: PeerId): void
}

const TICK: MemberEvent = { type: 'tick' }

/** The driver of all machines of a world. */
export function createMachines(parts: MachineParts): Machines {
  const { network, scheduler, nodes, trace, tampering, validate, timesOf } = parts
  const wakers = new WeakMap<Member, () => void>()
  const inside = { ...parts, wire: wireOf(parts) }
  const tell = (node: SimNode, original: MemberEvent) => {
    if (node.life !== 'up') return
    const event = tampering.event === undefined ? original : tampering.event(node.id, original)
    if (event === undefined) return
    rouse(node)
    const at = timesOf(node)
    performAll(node, node.member.handle(event, at))
    arm(node, at)
  }
  const performAll = (node: SimNode, effects: readonly MemberEffect[]) => {
    for (const one of effects) {
      const effect = tampering.effect === undefined ? one : tampering.effect(node.id, one)
      if (effect !== undefined) perform(inside, node, effect, takeBytes)
    }
  }
  const arm = (node: SimNode, now: Times) => {
    const at = node.member.wakeAt(now)
    if (at >= node.wakeAt) return
    node.wakeAt = at
    const until = tampering.event === undefined ? afterRest(at, node.member.restsUntil(now)) : at
    if (until > at) doze(node, until)
    else wakeLater(node, at)
  }
  const wakeLater = (node: SimNode, at: number) => {
    node.dozesUntil = at
    network.timer(node.id, at - scheduler.now(), wakerOf(node))
  }
  /** Each tick is planned by the one before it: so it comes after all that was planned before for the same moment. */
  const doze = (node: SimNode, until: number) => {
    node.dozesUntil = until
    network.timer(node.id, until - TICK_MS - scheduler.now(), () => {
      if (node.dozesUntil === until) wakeLater(node, scheduler.now() + TICK_MS)
    })
  }
  const rouse = (node: SimNode) => {
    const now = scheduler.now()
    if (node.dozesUntil <= node.wakeAt) return
    if (node.wakeAt < now) {
      let last = node.wakeAt
      while (last + TICK_MS < now) last += TICK_MS
      node.member.rested(last)
      node.wakeAt = last + TICK_MS
    }
    if (node.wakeAt < node.dozesUntil) wakeLater(node, node.wakeAt)
  }
  /** One for all ticks of a member: a tick that was planned for another time than the next one comes to nothing. */
  const wakerOf = (node: SimNode) => {
    const { member } = node
    const known = wakers.get(member)
    if (known !== undefined) return known
    const wake = () => {
      if (node.member !== member || node.dozesUntil > scheduler.now()) return
      rouse(node)
      node.wakeAt = Number.POSITIVE_INFINITY
      tell(node, TICK)
    }
    wakers.set(member, wake)
    return wake
  }
  const check = (node: SimNode, bytes: Uint8Array, topic: string | undefined) => {
    if (node.life !== 'up' || validate === undefined) return
    rouse(node)
    const at = timesOf(node)
    validate(node, bytes, topic, at, (effects) => performAll(node, effects))
    arm(node, at)
  }
  /** Records that an exchange brought. */
  const takeBytes = (node: SimNode, list: readonly Uint8Array[]) => {
    if (list.length === 0) return
    if (validate !== undefined) {
      for (const bytes of list) check(node, bytes, undefined)
      return
    }
    const records: { signed: SignedRecord; topic: Topic }[] = []
    for (const bytes of list) {
      const signed = parts.seal.open(bytes)
      const owner = signed === undefined ? undefined : nodes.get(signed.record.owner)
      if (signed !== undefined && owner !== undefined) records.push({ signed, topic: topicOf(owner.membership) })
    }
    tell(node, { type: 'synced', records })
  }
  const withNode = (id: PeerId, run: (node: SimNode) => void) => {
    const node = nodes.get(id)
    if (node !== undefined) run(node)
  }
  return {
    receive: (id, event) =>
      withNode(id, (node) => {
        if (event.type === 'requested' || event.type === 'answered') countRequest(node.traffic, event.body)
        trace.add(Math.round(scheduler.now()), id, event.type)
        if (event.type === 'message' && validate !== undefined) check(node, event.message.bytes, event.topic)
        else tell(node, event)
      }),
    tell: (id, event) => withNode(id, (node) => tell(node, event)),
    rouse: (id) => withNode(id, rouse),
    introduce: (id) => withNode(id, (node) => introduce(node, (event) => tell(node, event))),
  }
}

/** The last tick in step with the one at `at` that comes before rest ends; until then ticks change nothing. */
function afterRest(at: number, until: number): number {
  let last = at
  while (last + TICK_MS <= until) last += TICK_MS
  return last
}

function perform(
  parts: MachineParts & { readonly wire: SyncWire },
  node: SimNode,
  effect: MemberEffect,
  takeBytes: (node: SimNode, list: readonly Uint8Array[]) => void,
): void {
  const { transport } = node
  switch (effect.type) {
    case 'dial':
      transport.dial(effect.peer, effect.addresses)
      return
    case 'hang-up':
      transport.hangUp(effect.peer)
      return
    case 'request':
      transport.request(effect.peer, effect.id, effect.body, effect.timeoutMs)
      return
    case 'answer':
      transport.answer(effect.peer, effect.id, effect.body)
      return
    case 'publish':
      transport.publish(topicName(CLUSTER, effect.topic), effect.signed)
      return
    case 'sync': {
      const other = parts.nodes.get(effect.peer)
      if (other !== undefined) syncBetween(parts.wire, endOf(node, takeBytes), endOf(other, takeBytes))
      return
    }
    case 'persist':
      node.remembered = effect.peers
      return
    default:
      parts.trace.add(Math.round(parts.scheduler.now()), node.id, effect.type, 'peer' in effect ? effect.peer : '')
      parts.notices.push({ at: parts.scheduler.now(), observer: node.id, effect })
  }
}

function wireOf({ network, seal }: MachineParts): SyncWire {
  return {
    certificate: seal.certificate,
    sizeOf: createSizes(),
    send(from: PeerId, to: PeerId, arrive: () => void) {
      const afterMs = network.links.transit(from, to)
      if (afterMs !== undefined) network.timer(to, afterMs, arrive)
    },
  }
}

function endOf(node: SimNode, takeBytes: (node: SimNode, list: readonly Uint8Array[]) => void): SyncEnd {
  const { id, traffic, member } = node
  return {
    id,
    traffic,
    topics: member.topics,
    recordsOf: (topic) => member.store.all().filter((held) => isSameTopic(held.topic, topic)),
    own: () => member.store.ofOwner(id),
    take: (list) => takeBytes(node, list),
  }
}

function introduce(node: SimNode, tell: (event: MemberEvent) => void): void {
  const { role, slot } = node.membership
  const { cloud } = slot
  const address = `10.0.${slot.slot}.${slot.generation + 1}`
  const multiaddr = `/ip4/${address}/tcp/45678`
  const presence = { cloud, state: 'ready', addresses: [multiaddr], address, program: 'muster-agent 0.1.0' } as const
  tell({ type: 'state', statement: { kind: 'presence', subject: '', payload: presence } })
  if (role === 'fixed') {
    const payload = { cloud, address, ports: [{ name: 'http', port: 3128 }], health: 'passing' } as const
    tell({ type: 'state', statement: { kind: 'service', subject: slot.service, payload } })
  }
  if (role === 'cloud-agent') {
    const numbers = { quotaLeft: 100, booting: 0, live: 100, draining: 0, uncertain: 0 }
    const payload = { phase: 'open', flavors: [{ flavor: 'm1.large', state: 'ok' }], ...numbers } as const
    tell({ type: 'state', statement: { kind: 'cloud', subject: cloud, payload } })
  }
  if (role === 'worker') {
    const payload = { cloud, state: 'idle', slots: 4, free: 4 } as const
    tell({ type: 'state', statement: { kind: 'worker', subject: '', payload } })
  }
  tell({ type: 'tick' })
}
