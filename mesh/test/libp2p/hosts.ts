import { type Clock, systemClock } from '@muster/runtime/clock.ts'
import { silentLog } from '@muster/runtime/log.ts'
import { systemRandom } from '@muster/runtime/random.ts'
import { onTestFinished } from 'vitest'
import { createIdentity, type Identity } from '../../src/admission/identity.ts'
import type { PeerId } from '../../src/admission/membership.ts'
import { MeshError } from '../../src/fault.ts'
import { createLibp2pHost } from '../../src/libp2p/create-host.ts'
import type {
  AdmissionGate,
  ClusterLink,
  GossipVerdict,
  Hello,
  MemberTransportEvent,
  NetworkHost,
  NetworkHostOptions,
} from '../../src/network/network-host.ts'
import { readRecord, signRecord } from '../../src/records/record-codec.ts'
import { recordOf } from '../records/records.ts'
import { until } from './until.ts'

export const CLUSTER = 'clu_test'
export const TOPIC = `muster/1/${CLUSTER}/directory`

const LOOPBACK: NetworkHostOptions = {
  listen: ['/ip4/127.0.0.1/tcp/0'],
  announce: [],
  isMulticastEnabled: false,
  isRelay: false,
  relays: [],
}

/** A host with its identity; it is stopped when the test ends. */
export interface TestHost extends NetworkHost {
  readonly identity: Identity
}

export async function startHost(
  options: Partial<NetworkHostOptions> = {},
  clock: Clock = systemClock,
): Promise<TestHost> {
  const seed = systemRandom.bytes(32)
  const host = await createLibp2pHost({
    seed,
    options: { ...LOOPBACK, ...options },
    clock,
    random: systemRandom,
    log: silentLog,
  })
  onTestFinished(() => host.stop())
  return { ...host, identity: createIdentity(seed) }
}

/** Who is admitted to a cluster by the peers that look at `members`. A certificate is the peer's name. */
export interface TestGate extends AdmissionGate {
  readonly members: Set<PeerId>
  readonly received: string[]
  verdict: GossipVerdict['verdict']
}

export function gateOf(self: PeerId, members: Set<PeerId>): TestGate {
  const gate: TestGate = {
    members,
    received: [],
    verdict: 'accept',
    hello: (): Hello | undefined =>
      members.has(self) ? { certificate: `certificate of ${self}`, definitionVersion: 1 } : undefined,
    async admit(peer, hello) {
      const isRight = hello.certificate === `certificate of ${peer}`
      if (!isRight || !members.has(peer)) throw new MeshError('bad-certificate', 'Not a member')
    },
    isAdmitted: (peer) => members.has(peer),
    async receive(topic, bytes, from) {
      gate.received.push(`${topic} ${from}`)
      if (gate.verdict !== 'accept') return { verdict: gate.verdict }
      return { verdict: 'accept', message: readRecord(bytes) }
    },
  }
  return gate
}

/** A host in one cluster, with all it was told. */
export interface TestNode {
  readonly host: TestHost
  readonly self: PeerId
  readonly gate: TestGate
  readonly link: ClusterLink
  readonly events: MemberTransportEvent[]
  /** Waits until it was told something of a type, about a peer if given. */
  told<T extends MemberTransportEvent['type']>(
    type: T,
    peer?: PeerId,
  ): Promise<Extract<MemberTransportEvent, { type: T }>>
}

export function attach(host: TestHost, members: Set<PeerId>, cluster = CLUSTER): TestNode {
  const events: MemberTransportEvent[] = []
  const gate = gateOf(host.self, members)
  const link = host.attach(cluster, gate, (event) => events.push(event))
  const isOf = <T extends MemberTransportEvent['type']>(
    event: MemberTransportEvent,
    type: T,
  ): event is Extract<MemberTransportEvent, { type: T }> => event.type === type
  return {
    host,
    self: host.self,
    gate,
    link,
    events,
    told: (type, peer) =>
      until(`${type} ${peer ?? ''}`, () => {
        for (const event of events) {
          if (isOf(event, type) && (peer === undefined || ('peer' in event && event.peer === peer))) return event
        }
        return undefined
      }),
  }
}

/** So many members of one cluster, not connected. */
export async function startNodes(count: number, options: Partial<NetworkHostOptions> = {}): Promise<TestNode[]> {
  const members = new Set<PeerId>()
  const hosts = await Promise.all(Array.from({ length: count }, () => startHost(options)))
  for (const { self } of hosts) members.add(self)
  return hosts.map((host) => attach(host, members))
}

/** Two members of one cluster, not connected. */
export async function startPair(): Promise<readonly [TestNode, TestNode]> {
  const [left, right] = await startNodes(2)
  if (left === undefined || right === undefined) throw new Error('two nodes were started')
  return [left, right]
}

export async function connect(from: TestNode, to: TestNode): Promise<void> {
  from.link.transport.dial(to.self, to.host.addresses())
  await Promise.all([from.told('connected', to.self), to.told('connected', from.self)])
}

export function recordBy(node: TestNode, sequence: number) {
  return signRecord(recordOf({ owner: node.self, sequence }), CLUSTER, node.host.identity)
}
