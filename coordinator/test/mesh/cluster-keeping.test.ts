import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createIdentity } from '@muster/mesh/admission/identity.ts'
import type { TokenEntry } from '@muster/mesh/admission/join-token.ts'
import { signRevocations } from '@muster/mesh/admission/revocation.ts'
import { createSeededRandom } from '@muster/runtime/random.ts'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createStoreJournal, openClusterKeeping } from '../../src/mesh/cluster-keeping.ts'
import { openKeyFile, readKeyFile } from '../../src/mesh/key-file.ts'
import { createTestApp, textAt } from '../test-app.ts'
import { DEFINITION, SEED, silentMeshes } from '../test-meshes.ts'

async function start() {
  const testApp = await createTestApp({ createMeshes: silentMeshes })
  const alice = await testApp.signUp('alice')
  const body = { name: 'farm', ...DEFINITION }
  const made = await alice.call('POST', '/api/v2/clusters', { body, headers: { 'idempotency-key': 'k' } })
  const { store, clock } = testApp
  const cluster = await store.read.clusters.find(alice.id, textAt(made, 'id'))
  if (cluster === undefined) throw new Error('the cluster was not made')
  const open = () => openClusterKeeping(cluster, { store, clock, seed: SEED })
  return { store, clock, cluster, open, journal: () => createStoreJournal(cluster.id, { store, clock }) }
}

function issued(number: number, expiresAt: number): TokenEntry {
  const hash = number.toString(16).padStart(64, '0')
  const slot = { service: 'worker', cloud: 'north', slot: number, generation: 0 }
  return { type: 'issued', token: { hash, cluster: 'c', role: 'worker', slot, expiresAt } }
}

describe('what the coordinator keeps of a cluster', () => {
  test('outlives it: journal in order, revocations by their highest version, peers, and rising numbers of starts', async () => {
    const { store, clock, cluster, open, journal } = await start()
    const entries = [issued(1, 10), issued(2, 10), { type: 'voided' as const, hash: '1'.padStart(64, '0') }]
    for (const entry of entries) await journal().append(entry)
    expect(await journal().load()).toEqual(entries)

    const keeping = await open()
    expect(await keeping.seed()).toEqual(SEED)
    const identity = createIdentity(SEED)
    const sign = (version: number) =>
      signRevocations({ cluster: cluster.id, version, now: clock.now(), peers: [] }, identity)
    const [older, newer] = [await sign(1), await sign(2)]
    await keeping.saveDocuments({ revocations: [newer] })
    await keeping.saveDocuments({ revocations: [older] })
    const stranger = createIdentity(new Uint8Array(32).fill(1))
    const forged = await signRevocations({ cluster: cluster.id, version: 9, now: 0, peers: [] }, stranger)
    await keeping.saveDocuments({ revocations: [forged] })
    const peers = [{ peer: stranger.peer, addresses: ['/ip4/192.0.2.1/tcp/1'], lastSeenAt: 5 }]
    await keeping.saveRemembered(peers)
    const boots = [await keeping.nextBootId(100), await keeping.nextBootId(50)]
    expect(boots).toEqual([100, 101])

    const again = await open()
    expect(again.documents().revocations).toEqual([newer])
    expect(again.remembered()).toEqual(peers)
    expect(await again.nextBootId(0)).toBe(102)
    expect(await store.read.clusterKeeping.revocations(cluster.id)).toHaveLength(1)
  })

  test('a journal that has grown is rewritten to what still matters when it is opened', async () => {
    const { store, clock, cluster, journal } = await start()
    const day = 24 * 60 * 60_000
    const expired = Array.from({ length: 1001 }, (_, index) => issued(index, clock.now() - 2 * day))
    const open = issued(5000, clock.now() + 1000)
    await store.write((tx) => tx.clusterKeeping.append(cluster.id, [...expired, open]))
    expect(await journal().load()).toEqual([open])
    expect(await store.read.clusterKeeping.entries(cluster.id)).toEqual([open])
  })

  test('is gone with the cluster, and nothing is written for it any more', async () => {
    const { store, cluster, open, journal } = await start()
    const keeping = await open()
    await store.write((tx) => tx.clusters.remove(cluster.ownerId, cluster.id))
    await expect(keeping.nextBootId(1)).rejects.toThrow()
    await expect(journal().append(issued(1, 1))).rejects.toThrow()
    await expect(open()).rejects.toMatchObject({ code: 'unusable' })
  })
})

describe('the key of the mesh', () => {
  test('is drawn once, into a file that only its owner reads, and a file that is none is left alone', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'muster-coordinator-key-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    const path = join(folder, 'data', 'mesh.key')
    expect(await readKeyFile(path)).toBeUndefined()
    const drawn = await openKeyFile(path, createSeededRandom(1))
    expect(await openKeyFile(path, createSeededRandom(2))).toEqual(drawn)
    expect(((await stat(path)).mode & 0o777).toString(8)).toBe('600')
    await writeFile(path, 'no key')
    await expect(openKeyFile(path, createSeededRandom(3))).rejects.toMatchObject({ code: 'damaged' })
  })
})
