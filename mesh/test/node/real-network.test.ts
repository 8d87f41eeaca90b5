import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@muster/runtime/clock.ts'
import { silentLog } from '@muster/runtime/log.ts'
import { systemRandom } from '@muster/runtime/random.ts'
import { expect, onTestFinished, test } from 'vitest'
import { type SignedDefinition, signDefinition } from '../../src/admission/definition.ts'
import { createMemoryBlobStore } from '../../src/blobs/memory-store.ts'
import type { MeshKeeping } from '../../src/keeping/mesh-keeping.ts'
import { openMeshKeeping } from '../../src/keeping/open-keeping.ts'
import { createMeshNode } from '../../src/node/create-mesh-node.ts'
import type { MeshNode, MeshNodeParts } from '../../src/node/mesh-node.ts'
import { CLUSTER, CONTENT } from '../admission/cluster.ts'
import { startHost, type TestHost } from '../libp2p/hosts.ts'
import { until } from '../libp2p/until.ts'
import { SERVED, slotOf } from './node-world.ts'

/** A node over loopback TCP with its own folder; all of it is gone when the test ends. */
async function startNode(
  host: TestHost,
  definition: SignedDefinition,
  admission: MeshNodeParts['admission'],
  more: Partial<MeshNodeParts> = {},
): Promise<MeshNode> {
  const folder = await mkdtemp(join(tmpdir(), 'mesh-node-'))
  const keeping: MeshKeeping = await openMeshKeeping(folder, {
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
  })
  const node = createMeshNode({
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    host,
    identity: host.identity,
    keeping,
    trust: definition,
    admission,
    rendezvous: [],
    program: 'test 1.0',
    userAddress: () => undefined,
    performProbe: async () => true,
    blobStore: createMemoryBlobStore({ maxBytes: 1024, maxBlobBytes: 1024 }),
    ...more,
  })
  const stopper = new AbortController()
  const begun = Promise.withResolvers<void>()
  const ended = node.service.run({ signal: stopper.signal, ready: begun.resolve }).catch((error: unknown) => {
    if (error !== stopper.signal.reason) throw error
  })
  onTestFinished(async () => {
    stopper.abort()
    await ended
    await rm(folder, { recursive: true })
  })
  await Promise.race([begun.promise, ended])
  return node
}

test('nodes over real connections join, find a service, and follow it to another machine', async () => {
  const center = await startHost()
  const content = { ...CONTENT, ...SERVED, issuedAt: systemClock.now(), clouds: [{ name: 'a', agents: [] }] }
  const definition = await signDefinition({ ...content, cluster: CLUSTER }, center.identity)
  const coordinator = await startNode(
    center,
    definition,
    { kind: 'named', definition: definition.token },
    { issuer: {} },
  )
  const admit = async (service: string, generation: number, address: string) => {
    const host = await startHost()
    const token = await coordinator.issuer()?.issueToken(slotOf(service, 0, generation))
    if (token === undefined) throw new Error('the coordinator admits nobody')
    const admission = { kind: 'join', issuer: center.self, addresses: center.addresses(), token } as const
    return { host, node: await startNode(host, definition, admission, { userAddress: () => address }) }
  }
  const worker = await admit('worker', 0, '127.0.0.1')
  const proxy = await admit('proxy', 0, '127.0.0.2')
  const first = () => worker.node.mesh.resolve('proxy')[0]?.address
  await until('the service', () => (first() === '127.0.0.2' ? true : undefined))
  await until('two members at the worker', () =>
    worker.node.mesh.members().filter(({ status }) => status === 'alive').length === 3 ? true : undefined,
  )
  await proxy.host.stop()
  await admit('proxy', 1, '127.0.0.3')
  await until('the service at its new place', () => (first() === '127.0.0.3' ? true : undefined))
  expect(coordinator.mesh.counts().recordsRefused.size).toBe(0)
})
