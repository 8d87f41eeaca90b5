import type { Membership, PeerId, Role } from '@muster/mesh/admission/membership.ts'
import type { MemberParts } from '@muster/mesh/member/core.ts'
import { createMember } from '@muster/mesh/member/member.ts'
import type { MemberEvent, MeshAnswer, MeshRequest, Times } from '@muster/mesh/member/messages.ts'
import { createMemoryNetwork, type MemoryNetwork } from '@muster/mesh/network/memory-network.ts'
import { createScheduler } from '@muster/mesh/network/scheduler.ts'
import { nextBootId } from '@muster/mesh/records/own-records.ts'
import type { SignedRecord } from '@muster/mesh/records/record.ts'
import { topicName } from '@muster/mesh/records/topics.ts'
import type { RememberedPeer } from '@muster/mesh/redial/state.ts'
import { createSeededRandom, type Random } from '@muster/runtime/random.ts'
import { createMachines, type Notice, type SimNode, type Tampering, type Validate } from './machine.ts'
import { CLUSTER, EPOCH_MS, type IdOf, membershipOf, planCluster, rendezvousOf } from './plan.ts'
import { createSeal, type Seal } from './sealed.ts'
import { createTrace } from './trace.ts'
import { countGossip, noTraffic } from './traffic.ts'

export type { Notice, SimNode } from './machine.ts'

type Net = MemoryNetwork<MeshRequest, MeshAnswer, SignedRecord>

/** How large the cluster is, and what is different from a real one. */
export interface WorldOptions {
  readonly seed: number
  readonly clouds?: readonly string[]
  readonly workersPerCloud: number
  /** Members start within so many milliseconds. @default 5000 */
  readonly startWithinMs?: number
  /** Takes a mechanism away, to see that its absence is noticed. */
  readonly tampering?: Tampering
  /** How records are signed. @default `createSeal()` */
  readonly seal?: Pick<Seal, 'sign' | 'open' | 'certificate'>
  /** How records are checked on arrival; not at all when left out. */
  readonly validate?: Validate
  readonly idOf?: IdOf
}

/** A cluster of real member state machines on the memory network, in virtual time. */
export interface World {
  readonly seed: number
  readonly clouds: readonly string[]
  readonly network: Net
  readonly nodes: ReadonlyMap<PeerId, SimNode>
  readonly notices: Notice[]
  readonly random: Random
  now(): number
  advance(ms: number): void
  /** Runs something when the time has come, whatever became of the machines. */
  later(ms: number, run: () => void): void
  node(id: PeerId): SimNode
  ofCloud(cloud: string): readonly PeerId[]
  kill(id: PeerId, how: 'crashed' | 'silent'): void
  freeze(id: PeerId): void
  thaw(id: PeerId): void
  restart(id: PeerId): void
  /** It says that it leaves, and ends. */
  leave(id: PeerId): void
  /** Its wall clock is off by so much from now on. */
  skew(id: PeerId, ms: number): void
  tell(id: PeerId, event: MemberEvent): void
  /** Starts another machine. @returns its identity */
  add(role: Role, place: { cloud: string; service: string; slot: number; generation: number }): PeerId
  times(id: PeerId): Times
  steps(): number
  traceHash(): string
}

/** Starts a cluster: coordinator, an agent and a proxy in each cloud, a head in the first, and workers. */
export function createWorld(options: WorldOptions): World {
  const clouds = options.clouds ?? ['a', 'b']
  const idOf = options.idOf ?? ((name: string) => name)
  const random = createSeededRandom(options.seed)
  const scheduler = createScheduler()
  const trace = createTrace()
  const seal = options.seal ?? createSeal()
  const memberships = new Map(planCluster(clouds, options.workersPerCloud, idOf).map((one) => [one.peer, one]))
  const nodes = new Map<PeerId, SimNode>()
  const notices: Notice[] = []
  const network: Net = createMemoryNetwork({
    random,
    scheduler,
    cloudOf: (peer) => memberships.get(peer)?.slot.cloud ?? '',
    carried: (to, message, degree) => {
      const node = nodes.get(to)
      if (node !== undefined) countGossip(node.traffic, message.bytes.length, degree)
    },
  })
  const timesOf = (node: Pick<SimNode, 'skewMs'>): Times => ({
    // Clocks count whole milliseconds.
    wall: EPOCH_MS + Math.floor(scheduler.now()) + node.skewMs,
    monotonic: scheduler.now(),
  })
  const { tampering = {}, validate } = options
  const machines = createMachines({ network, scheduler, nodes, notices, trace, seal, tampering, validate, timesOf })
  const partsOf = (membership: Membership, remembered: readonly RememberedPeer[], bootId: number): MemberParts => ({
    membership,
    bootId,
    clouds,
    membershipOf: (peer) => memberships.get(peer),
    redial: {
      remembered,
      rendezvous: rendezvousOf(membership, clouds, idOf).map((peer) => ({ peer, addresses: [`/memory/${peer}`] })),
      ...(tampering.redial === undefined ? {} : { options: tampering.redial }),
    },
    ...(tampering.witness === undefined ? {} : { witness: tampering.witness }),
    sign: seal.sign,
    random,
  })
  const launch = (membership: Membership) => {
    const { peer: id } = membership
    const before = nodes.get(id)
    const skewMs = before?.skewMs ?? 0
    const remembered = before?.remembered ?? []
    const at = timesOf({ skewMs })
    const bootId = nextBootId(at.wall, before?.bootId)
    const member = createMember(partsOf(membership, remembered, bootId), at)
    const transport = network.start(id, (event) => machines.receive(id, event))
    const fresh = { member, transport, remembered, bootId, skewMs, life: 'up', hasLeft: false } as const
    const never = Number.POSITIVE_INFINITY
    const times = { wakeAt: never, dozesUntil: never }
    const node: SimNode = { id, membership, traffic: before?.traffic ?? noTraffic(), ...times, ...fresh }
    nodes.set(id, before === undefined ? node : Object.assign(before, node))
    for (const topic of member.topics) transport.subscribe(topicName(CLUSTER, topic))
    machines.introduce(id)
  }
  const nodeOf = (id: PeerId): SimNode => {
    const node = nodes.get(id)
    if (node === undefined) throw new Error(`no node ${id}`)
    return node
  }
  for (const membership of memberships.values()) {
    scheduler.after(random.fraction() * (options.startWithinMs ?? 5_000), () => launch(membership))
  }
  return {
    seed: options.seed,
    clouds,
    network,
    nodes,
    notices,
    random,
    now: scheduler.now,
    advance: scheduler.advance,
    later: scheduler.after,
    node: nodeOf,
    ofCloud: (cloud) => [...memberships.values()].filter(({ slot }) => slot.cloud === cloud).map(({ peer }) => peer),
    kill(id, how) {
      Object.assign(nodeOf(id), { life: 'dead' })
      network.setHealth(id, how)
    },
    freeze(id) {
      machines.rouse(id)
      if (nodeOf(id).life === 'up') network.setHealth(id, 'frozen')
    },
    thaw(id) {
      if (nodeOf(id).life === 'up') network.setHealth(id, 'running')
    },
    restart(id) {
      network.setHealth(id, 'crashed')
      launch(nodeOf(id).membership)
    },
    leave(id) {
      Object.assign(nodeOf(id), { hasLeft: true })
      machines.tell(id, { type: 'leave', reason: 'stopped' })
      scheduler.after(1_000, () => {
        Object.assign(nodeOf(id), { life: 'left' })
        network.setHealth(id, 'crashed')
      })
    },
    skew(id, ms) {
      machines.rouse(id)
      Object.assign(nodeOf(id), { skewMs: ms })
    },
    tell: machines.tell,
    add(role, place) {
      const { cloud, service, slot, generation } = place
      const membership = membershipOf(idOf(`${cloud}-${service}-${slot}.${generation}`), role, place)
      memberships.set(membership.peer, membership)
      launch(membership)
      return membership.peer
    },
    times: (id) => timesOf(nodeOf(id)),
    steps: () => scheduler.steps,
    traceHash: trace.hash,
  }
}
