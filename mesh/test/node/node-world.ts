import { Secret } from '@muster/contexts/secret.ts'
import type { Log } from '@muster/runtime/log.ts'
import { silentLog } from '@muster/runtime/log.ts'
import { createSeededRandom } from '@muster/runtime/random.ts'
import { createVirtualClock, type VirtualClock } from '@muster/runtime/virtual-clock.ts'
import type { DefinitionContent, SignedDefinition } from '../../src/admission/definition.ts'
import type { Identity } from '../../src/admission/identity.ts'
import type { Slot } from '../../src/admission/membership.ts'
import { createMemoryBlobStore } from '../../src/blobs/memory-store.ts'
import type { ProbeSpec } from '../../src/directory/probes.ts'
import type { MeshKeeping } from '../../src/keeping/mesh-keeping.ts'
import { createMemoryHosts, type MemoryHost, type MemoryHosts } from '../../src/network/memory-host.ts'
import { createMeshNode } from '../../src/node/create-mesh-node.ts'
import type { MeshNode, MeshNodeParts } from '../../src/node/mesh-node.ts'
import { agentA, CLUSTER, CONTENT, coordinator, defineCluster, identityOf, START } from '../admission/cluster.ts'
import { createMemoryKeeping } from './memory-keeping.ts'

/** A machine of the test's cluster. */
export interface Machine {
  readonly node: MeshNode
  readonly host: MemoryHost
  readonly identity: Identity
  readonly keeping: MeshKeeping
  /** IP address for users. */
  address: string | undefined
  /** Ends the service and resolves when it has ended. */
  stop(): Promise<void>
}

/** What a machine starts with besides its place. */
export interface MachineOptions {
  readonly keeping?: MeshKeeping
  readonly token?: Secret
  /** IP address for users. */
  readonly address?: string
}

/** A cluster on the virtual clock: a coordinator, an agent that admits machines in cloud a, and who joins. */
export interface NodeWorld {
  readonly clock: VirtualClock
  /** Moves the clock in small steps, and lets what the machine's threads compute meanwhile come to an end in each. */
  pass(ms: number): Promise<void>
  readonly hosts: MemoryHosts
  readonly definition: SignedDefinition
  /** Probes fail at these addresses. */
  readonly broken: Set<string>
  readonly probed: ProbeSpec[]
  coordinator: Machine
  agent: Machine
  /** A machine with the key of that number, which shows a token of the slot or the one it is given. */
  machine(number: number, slot: Slot, options?: MachineOptions): Promise<Machine>
  named(identity: Identity, options?: MachineOptions & { readonly isIssuer?: boolean }): Promise<Machine>
  token(slot: Slot): Promise<Secret>
}

/** The definition that these tests begin with: the cache provides a port. */
export const SERVED: Partial<DefinitionContent> = {
  clouds: [
    { name: 'a', agents: [{ peer: agentA.peer, addresses: [`/memory/${agentA.peer}`] }] },
    { name: 'b', agents: [] },
  ],
  services: [
    {
      name: 'proxy',
      kind: 'per-cloud',
      ownsDemand: false,
      provides: [{ name: 'http', port: 3128, probe: { type: 'tcp' } }],
    },
    ...CONTENT.services.slice(1),
  ],
}

export const slotOf = (service: string, slot = 0, generation = 0): Slot => ({ service, cloud: 'a', slot, generation })

/** Virtual time that passes before signatures under way are waited for; more where minutes pass. */
const STEP_MS = 250
const LONG_STEP_MS = 2_000
/** Signatures that are checked one after the other for one document, and then some. */
const CHAIN = 8

/** Signatures are checked by threads that know no virtual clock: work of the same kind behind them shows their end. */
async function passTime(clock: VirtualClock, ms: number): Promise<void> {
  const stepMs = ms > 60_000 ? LONG_STEP_MS : STEP_MS
  for (let left = ms; left > 0; left -= stepMs) {
    for (let link = 0; link < CHAIN; link++) await coordinator.signJws({}, 'test')
    await clock.advance(Math.min(stepMs, left))
  }
  for (let link = 0; link < CHAIN; link++) await coordinator.signJws({}, 'test')
}

/** Starts coordinator and agent, and lets them meet. @param ofAll - for all machines */
export async function createNodeWorld(ofAll: { readonly log?: Log } = {}): Promise<NodeWorld> {
  const clock = createVirtualClock(START)
  const hosts = createMemoryHosts(clock)
  const definition = await defineCluster(SERVED)
  const broken = new Set<string>()
  const probed: ProbeSpec[] = []
  let seed = 0

  const start = async (
    identity: Identity,
    admission: MeshNodeParts['admission'],
    options: MachineOptions,
    more = {},
  ) => {
    const host = hosts.start(identity.peer)
    const keeping = options.keeping ?? createMemoryKeeping()
    seed += 1
    const node = createMeshNode({
      clock,
      random: createSeededRandom(seed),
      log: ofAll.log ?? silentLog,
      host,
      identity,
      keeping,
      trust: { cluster: CLUSTER, coordinator: coordinator.peer },
      admission,
      rendezvous: [{ peer: coordinator.peer, addresses: [`/memory/${coordinator.peer}`] }],
      program: 'test 1.0',
      userAddress: () => machine.address,
      async performProbe(spec) {
        probed.push(spec)
        return spec.type === 'command' || !broken.has(spec.address)
      },
      blobStore: createMemoryBlobStore({ maxBytes: 1024 * 1024, maxBlobBytes: 1024 * 1024 }),
      ...more,
    })
    const stopper = new AbortController()
    const ended = node.service.run({ signal: stopper.signal, ready: () => undefined }).catch((error: unknown) => {
      if (error !== stopper.signal.reason) throw error
    })
    const stop = async () => {
      stopper.abort()
      await passTime(clock, 3_000)
      await ended
    }
    const machine: Machine = { node, host, identity, keeping, address: options.address, stop }
    return machine
  }
  const named: NodeWorld['named'] = (identity, { isIssuer = false, ...options } = {}) =>
    start(identity, { kind: 'named', definition: definition.token }, options, isIssuer ? { issuer: {} } : {})
  const token = async (slot: Slot) => {
    const issuer = world.agent.node.issuer()
    if (issuer === undefined) throw new Error('the agent has not begun')
    return issuer.issueToken(slot)
  }
  const ofCoordinator = await named(coordinator)
  const ofAgent = await named(agentA, { isIssuer: true })
  const world: NodeWorld = {
    clock,
    pass: (ms) => passTime(clock, ms),
    hosts,
    definition,
    broken,
    probed,
    coordinator: ofCoordinator,
    agent: ofAgent,
    named,
    token,
    async machine(number, slot, options = {}) {
      const shown = options.token ?? (await token(slot))
      const addresses = [`/memory/${agentA.peer}`]
      const address = `10.0.0.${number}`
      return start(
        identityOf(number),
        { kind: 'join', issuer: agentA.peer, addresses, token: shown },
        { address, ...options },
      )
    },
  }
  await passTime(clock, 3_000)
  return world
}

/** A token that nobody has issued. */
export const FORGED = new Secret('x'.repeat(43))
