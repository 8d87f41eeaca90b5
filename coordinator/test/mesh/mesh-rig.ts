import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeJoinText } from '@muster/contexts/cluster/join-section.ts'
import { createIdentity } from '@muster/mesh/admission/identity.ts'
import type { BlobExchange } from '@muster/mesh/blobs/exchange.ts'
import { createMemoryBlobStore } from '@muster/mesh/blobs/memory-store.ts'
import { openMeshKeeping } from '@muster/mesh/keeping/open-keeping.ts'
import { createLibp2pHost } from '@muster/mesh/libp2p/create-host.ts'
import { createMeshNode } from '@muster/mesh/node/create-mesh-node.ts'
import type { Mesh } from '@muster/mesh/node/mesh.ts'
import { systemClock } from '@muster/runtime/clock.ts'
import { silentLog } from '@muster/runtime/log.ts'
import { systemRandom } from '@muster/runtime/random.ts'
import type { Service } from '@muster/runtime/service.ts'
import { onTestFinished } from 'vitest'
import type { RunningMeshes } from '../../src/mesh/cluster-meshes.ts'
import { openMeshes } from '../../src/mesh/open-meshes.ts'
import { createTestApp, type TestApp } from '../test-app.ts'

const WAIT_MS = 60_000
const LISTEN = ['/ip4/127.0.0.1/tcp/0']

/** Waits until a look finds something; a busy machine may take its time. */
export async function eventually<T>(look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const deadline = systemClock.monotonic() + WAIT_MS
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (systemClock.monotonic() > deadline) throw new Error('waited in vain')
    await systemClock.sleep(50)
  }
}

/** Something that runs until it is stopped, at the latest at the end of the test. */
export interface Running {
  stop(): Promise<void>
}

/** Runs a service; resolves when it is ready. */
export async function run(service: Service): Promise<Running> {
  const stopper = new AbortController()
  const ready = Promise.withResolvers<void>()
  const ended = service.run({ signal: stopper.signal, ready: ready.resolve }).catch((error: unknown) => {
    if (!stopper.signal.aborted) throw error
  })
  const stop = async () => {
    stopper.abort()
    await ended
  }
  onTestFinished(stop)
  await Promise.race([ready.promise, ended])
  return { stop }
}

/** A coordinator whose mesh listens on a free port of the loopback, and whose clock is the machine's. */
export interface MeshedApp extends TestApp {
  readonly mesh: Running
}

/** @param folder - of an earlier one, to start again on its data */
export async function startMeshedApp(folder?: string): Promise<MeshedApp> {
  const keys = await mkdtemp(join(tmpdir(), 'muster-coordinator-mesh-'))
  onTestFinished(() => rm(keys, { recursive: true, force: true }))
  let running: RunningMeshes | undefined
  // The store exists only inside of the server's making, so the meshes are opened around it.
  const seed = new Uint8Array(32).fill(9)
  const app = await createTestApp({
    ...(folder === undefined ? {} : { folder }),
    realClock: systemClock,
    createMeshes: (deps) => {
      running = openMeshes(seed, { listen: LISTEN, announce: [], isRelay: true, isMulticastEnabled: false }, deps)
      return running.meshes
    },
  })
  if (running === undefined) throw new Error('the meshes were not made')
  return { ...app, mesh: await run(running.service) }
}

/** A member of a cluster: a node as a machine has it, without the agent around it. */
export interface TestMember extends Running {
  readonly mesh: Mesh
  readonly blobs: BlobExchange
}

/** Joins by the section that the coordinator gave out. */
export async function joinBySection(section: string): Promise<TestMember> {
  const { settings } = decodeJoinText(section)
  if (settings === undefined) throw new Error('the section cannot be read')
  const folder = await mkdtemp(join(tmpdir(), 'muster-coordinator-member-'))
  // What was under way when the member stopped may still be written.
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
  const parts = { clock: systemClock, random: systemRandom, log: silentLog }
  const keeping = await openMeshKeeping(folder, parts)
  const seed = await keeping.seed()
  const options = { listen: LISTEN, announce: [], isMulticastEnabled: false, isRelay: false, relays: [] }
  const host = await createLibp2pHost({ ...parts, seed, options })
  onTestFinished(() => host.stop())
  const { cluster, coordinator, issuer, addresses, token } = settings
  const node = createMeshNode({
    ...parts,
    host,
    identity: createIdentity(seed),
    keeping,
    trust: { cluster, coordinator },
    admission: { kind: 'join', issuer, addresses, token },
    rendezvous: settings.rendezvous.map(({ peer, addresses: at }) => ({ peer, addresses: at })),
    program: 'test',
    userAddress: () => '127.0.0.1',
    performProbe: async () => true,
    blobStore: createMemoryBlobStore({ maxBytes: 1_000_000, maxBlobBytes: 1_000_000 }),
  })
  const { stop } = await run(node.service)
  return { mesh: node.mesh, blobs: node.blobs, stop }
}
