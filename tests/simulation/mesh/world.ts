import type { Membership, PeerId, Role } from '@muster/mesh/admission/membership.ts'
import { createMember, type Member } from '@muster/mesh/member/member.ts'
import type { MemberEffect, MemberEvent, MeshAnswer, MeshRequest, Times } from '@muster/mesh/member/messages.ts'
import { createMemoryNetwork, type MemoryNetwork } from '@muster/mesh/network/memory-network.ts'
import { createScheduler } from '@muster/mesh/network/scheduler.ts'
import type { Transport } from '@muster/mesh/network/transport.ts'
import type { MeshRecord, SignedRecord } from '@muster/mesh/records/record.ts'
import { type Topic, topicName } from '@muster/mesh/records/topics.ts'
import type { RememberedPeer } from '@muster/mesh/redial/state.ts'
import { createSeededRandom, type Random } from '@muster/runtime/random.ts'

const EPOCH_MS = Date.UTC(2030, 0, 1)
/** For certificates that outlive every simulation. */
const LONG_MS = 1e12
const CLUSTER = 'simulation'

type Net = MemoryNetwork<MeshRequest, MeshAnswer, SignedRecord>

/** One machine of the simulated cluster. */
export interface SimNode {
  readonly id: PeerId
  readonly membership: Membership
  member: Member
  transport: Transport<MeshRequest, MeshAnswer, SignedRecord>
  remembered: readonly RememberedPeer[]
  /** Of its wall clock. */
  skewMs: number
  isUp: boolean
  wakeAt: number
}

/** Something that a member noticed. */
export interface Notice {
  readonly at: number
  readonly observer: PeerId
  readonly effect: Extract<MemberEffect, { type: 'status-changed' | 'sick' | 'well' | 'thawed' | 'answers-changed' }>
}

/** How large the cluster is. */
export interface WorldOptions {
  readonly seed: number
  readonly clouds?: readonly string[]
  readonly workersPerCloud: number
  /** Members start within so many milliseconds. @default 5000 */
  readonly startWithinMs?: number
}

/** A cluster of real member state machines on the memory network, in virtual time. */
export interface World {
  readonly network: Net
  readonly nodes: ReadonlyMap<PeerId, SimNode>
  readonly notices: Notice[]
  readonly random: Random
  now(): number
  advance(ms: number): void
  node(id: PeerId): SimNode
  ofCloud(cloud: string): readonly PeerId[]
  kill(id: PeerId, how: 'crashed' | 'silent'): void
  freeze(id: PeerId): void
  thaw(id: PeerId): void
  restart(id: PeerId): void
  tell(id: PeerId, event: MemberEvent): void
  /** Starts another fixed service machine with its own address. */
  addFixed(cloud: string, service: string, slot: number, generation: number): PeerId
  times(id: PeerId): Times
  readonly steps: () => number
}

function membershipOf(
  peer: PeerId,
  role: Role,
  cloud: string,
  service: string,
  slot: number,
  generation = 0,
): Membership {
  const issuedAt = EPOCH_MS
  const expiresAt = EPOCH_MS + LONG_MS
  return {
    cluster: CLUSTER,
    peer,
    role,
    slot: { service, cloud, slot, generation },
    issuer: 'coordinator',
    issuedAt,
    expiresAt,
  }
}

function plan(clouds: readonly string[], workers: number): readonly Membership[] {
  const members = [membershipOf('coordinator', 'coordinator', '', 'coordinator', 0)]
  for (const cloud of clouds) {
    members.push(membershipOf(`${cloud}-agent`, 'cloud-agent', cloud, 'agent', 0))
    members.push(membershipOf(`${cloud}-proxy-0`, 'fixed', cloud, 'proxy', 0))
    for (let slot = 0; slot < workers; slot++) {
      members.push(membershipOf(`${cloud}-worker-${slot}`, 'worker', cloud, 'worker', slot))
    }
  }
  const [home = 'a'] = clouds
  members.push(membershipOf(`${home}-head`, 'demand-owner', home, 'head', 0))
  return members
}

/** Starts a cluster: coordinator, an agent and a proxy in each cloud, a head in the first, and workers. */
export function createWorld(options: WorldOptions): World {
  const clouds = options.clouds ?? ['a', 'b']
  const random = createSeededRandom(options.seed)
  const scheduler = createScheduler()
  const memberships = new Map(plan(clouds, options.workersPerCloud).map((one) => [one.peer, one]))
  const cloudOf = (peer: PeerId) => memberships.get(peer)?.slot.cloud ?? ''
  const network: Net = createMemoryNetwork({ random, scheduler, cloudOf })
  const nodes = new Map<PeerId, SimNode>()
  const notices: Notice[] = []

  const timesOf = (node: { readonly skewMs: number }): Times => ({
    // Clocks count whole milliseconds.
    wall: EPOCH_MS + Math.floor(scheduler.now()) + node.skewMs,
    monotonic: scheduler.now(),
  })
  const tell = (node: SimNode, event: MemberEvent) => {
    if (!node.isUp) return
    for (const effect of node.member.handle(event, timesOf(node))) perform(node, effect)
    arm(node)
  }
  const arm = (node: SimNode) => {
    const at = node.member.wakeAt(timesOf(node))
    if (at >= node.wakeAt) return
    node.wakeAt = at
    const { member } = node
    network.timer(node.id, at - scheduler.now(), () => {
      if (node.member !== member || node.wakeAt > scheduler.now() || node.wakeAt < at) return
      node.wakeAt = Number.POSITIVE_INFINITY
      tell(node, { type: 'tick' })
    })
  }
  const perform = (node: SimNode, effect: MemberEffect): void => {
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
      case 'sync':
        sync(node, effect.peer)
        return
      case 'persist':
        node.remembered = effect.peers
        return
      default:
        notices.push({ at: scheduler.now(), observer: node.id, effect })
    }
  }
  /** Both ways; a frozen or unreachable end gives nothing. */
  const sync = (node: SimNode, peer: PeerId) => {
    const there = network.links.transit(node.id, peer)
    const back = network.links.transit(peer, node.id)
    const other = nodes.get(peer)
    if (there === undefined || back === undefined || other === undefined) return
    const { member } = other
    network.timer(peer, there, () => {
      if (other.member !== member || !other.isUp) return
      tell(other, { type: 'synced', records: recordsFor(other, node, timesOf(other)) })
      network.timer(node.id, back, () =>
        tell(node, { type: 'synced', records: recordsFor(node, other, timesOf(node)) }),
      )
    })
  }
  const launch = (membership: Membership, remembered: readonly RememberedPeer[], skewMs: number): SimNode => {
    const at = timesOf({ skewMs })
    const names = rendezvousOf(membership, clouds).map((peer) => ({ peer, addresses: [`/memory/${peer}`] }))
    const member = createMember(
      {
        membership,
        bootId: at.wall,
        clouds,
        membershipOf: (peer) => memberships.get(peer),
        redial: { remembered, rendezvous: names },
        sign,
        random,
      },
      at,
    )
    const existing = nodes.get(membership.peer)
    const handler = (event: MemberEvent) => {
      const node = nodes.get(membership.peer)
      if (node !== undefined) tell(node, event)
    }
    const transport = network.start(membership.peer, handler)
    const fresh = { member, transport, remembered, skewMs, isUp: true, wakeAt: Number.POSITIVE_INFINITY }
    const node: SimNode = existing ? Object.assign(existing, fresh) : { id: membership.peer, membership, ...fresh }
    nodes.set(node.id, node)
    for (const topic of member.topics) transport.subscribe(topicName(CLUSTER, topic))
    introduce(node)
    return node
  }
  const introduce = (node: SimNode) => {
    const { role, slot } = node.membership
    const { cloud } = slot
    const address = `10.0.0.${slot.generation}`
    const presence = { cloud, state: 'ready', addresses: [`/memory/${node.id}`] } as const
    tell(node, { type: 'state', statement: { kind: 'presence', subject: '', payload: presence } })
    if (role === 'fixed') {
      const payload = { cloud, address, ports: [{ name: 'http', port: 3128 }], health: 'passing' } as const
      tell(node, { type: 'state', statement: { kind: 'service', subject: slot.service, payload } })
    }
    if (role === 'worker') {
      const payload = { cloud, state: 'idle', slots: 4, free: 4 } as const
      tell(node, { type: 'state', statement: { kind: 'worker', subject: '', payload } })
    }
    tell(node, { type: 'tick' })
  }
  const nodeOf = (id: PeerId): SimNode => {
    const node = nodes.get(id)
    if (node === undefined) throw new Error(`no node ${id}`)
    return node
  }
  for (const membership of memberships.values()) {
    scheduler.after(random.fraction() * (options.startWithinMs ?? 5_000), () => launch(membership, [], 0))
  }
  return {
    network,
    nodes,
    notices,
    random,
    now: scheduler.now,
    advance: scheduler.advance,
    node: nodeOf,
    ofCloud: (cloud) => [...memberships.keys()].filter((peer) => cloudOf(peer) === cloud),
    kill(id, how) {
      nodeOf(id).isUp = false
      network.setHealth(id, how)
    },
    freeze: (id) => network.setHealth(id, 'frozen'),
    thaw: (id) => network.setHealth(id, 'running'),
    restart(id) {
      const node = nodeOf(id)
      network.setHealth(id, 'crashed')
      launch(node.membership, node.remembered, node.skewMs)
    },
    tell: (id, event) => tell(nodeOf(id), event),
    addFixed(cloud, service, slot, generation) {
      const id = `${cloud}-${service}-${slot}.${generation}`
      const membership = membershipOf(id, 'fixed', cloud, service, slot, generation)
      memberships.set(id, membership)
      launch(membership, [], 0)
      return id
    },
    times: (id) => timesOf(nodeOf(id)),
    steps: () => scheduler.steps,
  }
}

/** Coordinator and own agent; all but workers know the other agents by the definition. */
function rendezvousOf(membership: Membership, clouds: readonly string[]): readonly PeerId[] {
  const agents = clouds.map((cloud) => `${cloud}-agent`)
  const own = agents.filter((agent) => agent === `${membership.slot.cloud}-agent`)
  const isBackbone = membership.role !== 'worker'
  return ['coordinator', ...(isBackbone ? agents : own)].filter((peer) => peer !== membership.peer)
}

/** Signatures are the business of other tests; here the bytes only tell records apart. */
function sign(record: MeshRecord): SignedRecord {
  const text = `${record.owner} ${record.bootId} ${record.sequence} ${record.kind} ${record.subject}`
  return { record, bytes: Uint8Array.from(text, (character) => character.charCodeAt(0) & 0xff) }
}

/** What a node would get from another by comparing: what it does not have of its topics, and all about the other. */
function recordsFor(node: SimNode, from: SimNode, at: Times): readonly { signed: SignedRecord; topic: Topic }[] {
  const followed = new Set(node.member.topics.map((topic) => topicName(CLUSTER, topic)))
  const found: { signed: SignedRecord; topic: Topic }[] = []
  for (const held of from.member.store.all()) {
    if (held.record.owner !== from.id && !followed.has(topicName(CLUSTER, held.topic))) continue
    const standing = node.member.store.judge(held, at.wall)
    if (standing === 'new' || standing === 'newer') found.push({ signed: held, topic: held.topic })
  }
  return found
}
