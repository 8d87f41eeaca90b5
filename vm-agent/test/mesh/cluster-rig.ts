import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DefinitionContent } from '@muster/mesh/admission/definition.ts'
import { signDefinition } from '@muster/mesh/admission/definition.ts'
import { createIdentity } from '@muster/mesh/admission/identity.ts'
import type { Slot } from '@muster/mesh/admission/membership.ts'
import { createMemoryBlobStore } from '@muster/mesh/blobs/memory-store.ts'
import { openMeshKeeping } from '@muster/mesh/keeping/open-keeping.ts'
import { createLibp2pHost } from '@muster/mesh/libp2p/create-host.ts'
import { createMeshNode } from '@muster/mesh/node/create-mesh-node.ts'
import type { MeshNode } from '@muster/mesh/node/mesh-node.ts'
import { systemClock } from '@muster/runtime/clock.ts'
import { silentLog } from '@muster/runtime/log.ts'
import { systemRandom } from '@muster/runtime/random.ts'
import { runServices, type Service } from '@muster/runtime/service.ts'
import { readFacts } from '@muster/vm-agent/facts/read-facts.ts'
import { type AgentCluster, createAgentCluster } from '@muster/vm-agent/service/agent-cluster.ts'

export const CLUSTER = 'clu_rig'

/** A machine with the cluster side of an agent, in this process. */
export interface RigMachine {
  readonly root: string
  readonly cluster: AgentCluster
  stop(): Promise<void>
}

/** A coordinator that admits machines, over libp2p on loopback. */
export interface Rig {
  readonly node: MeshNode
  /** The `[muster]` section for a machine of the slot, whose users find it at `address`. */
  section(slot: Slot, address: string): Promise<string>
  machine(name: string): Promise<RigMachine>
  close(): Promise<void>
}

const BASE = { clock: systemClock, random: systemRandom, log: silentLog }

/** Starts it with these services. */
export async function createRig(services: DefinitionContent['services']): Promise<Rig> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-mesh-'))
  const keeping = await openMeshKeeping(join(folder, 'coordinator'), BASE)
  const seed = await keeping.seed()
  const identity = createIdentity(seed)
  const definition = await signDefinition(
    {
      cluster: CLUSTER,
      name: 'analysis',
      version: 1,
      issuedAt: systemClock.now(),
      clouds: [{ name: 'a', agents: [] }],
      services,
    },
    identity,
  )
  const options = {
    listen: ['/ip4/127.0.0.1/tcp/0'],
    announce: [],
    isMulticastEnabled: false,
    isRelay: true,
    relays: [],
  }
  const host = await createLibp2pHost({ ...BASE, seed, options })
  const node = createMeshNode({
    ...BASE,
    host,
    identity,
    keeping,
    trust: { cluster: CLUSTER, coordinator: identity.peer },
    admission: { kind: 'named', definition: definition.token },
    rendezvous: [],
    program: 'rig',
    userAddress: () => undefined,
    performProbe: async () => true,
    blobStore: createMemoryBlobStore({ maxBytes: 1024, maxBlobBytes: 1024 }),
    issuer: {},
  })
  const begun = Promise.withResolvers<void>()
  const stop = running([node.service, witness(begun.resolve)])
  await begun.promise
  const machines: RigMachine[] = []
  return {
    node,
    async section(slot, address) {
      const token = await node.issuer()?.issueToken(slot)
      const keys = {
        cluster: CLUSTER,
        coordinator: identity.peer,
        issuer: identity.peer,
        addresses: host.addresses().join(','),
        token: token?.reveal(),
        listen: '/ip4/127.0.0.1/tcp/0',
        mdns: 'off',
        address,
      }
      return `[muster]\n${Object.entries(keys)
        .map(([key, value]) => `${key}=${value}\n`)
        .join('')}`
    },
    async machine(name) {
      const machine = await startMachine(join(folder, name))
      machines.push(machine)
      return machine
    },
    async close() {
      for (const machine of machines) await machine.stop()
      await stop()
      await host.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function startMachine(root: string): Promise<RigMachine> {
  await mkdir(join(root, 'etc'), { recursive: true })
  const stateDir = join(root, 'var/lib/muster')
  const settings = { root, stateDir, dnsListen: undefined, metricsListen: undefined }
  const cluster = await createAgentCluster({ ...BASE, settings, readFacts })
  return { root, cluster, stop: running(cluster.services) }
}

/** Tells when all before it are ready. */
function witness(onReady: () => void): Service {
  return {
    name: 'witness',
    async run({ signal, ready }) {
      ready()
      onReady()
      await once(signal, 'abort')
    },
  }
}

/** @returns ends them; twice is the same as once */
function running(services: AgentCluster['services']): () => Promise<void> {
  const stop = new AbortController()
  const ended = runServices(services, { ...BASE, signal: stop.signal, stopTimeoutMs: 20_000 })
  ended.catch(() => undefined)
  return async () => {
    stop.abort()
    await ended
  }
}
