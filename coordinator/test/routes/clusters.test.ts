import { verifyDefinition } from '@muster/mesh/admission/definition.ts'
import { createIdentity } from '@muster/mesh/admission/identity.ts'
import { describe, expect, test } from 'vitest'
import { bearer, type CallOptions, createTestApp, listAt, pick, type TestPerson, textAt } from '../test-app.ts'
import { createSilentMeshes, DEFINITION, SEED, silentMeshes } from '../test-meshes.ts'

const PATH = '/api/v2/clusters'
const STRANGER = '12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5'

async function start() {
  const testApp = await createTestApp({ createMeshes: silentMeshes })
  return { testApp, alice: await testApp.signUp('alice') }
}

let keys = 0
function create(person: TestPerson, change: Readonly<Record<string, unknown>> = {}, options: CallOptions = {}) {
  keys += 1
  const headers = { 'idempotency-key': `key-${keys}`, ...options.headers }
  return person.call('POST', PATH, { body: { name: 'farm', ...DEFINITION, ...change }, headers })
}

describe('a cluster', () => {
  test('is made with a definition that the coordinator has signed, shown, and listed newest first', async () => {
    const { testApp, alice } = await start()
    const made = await create(alice, { description: 'for the thesis' })
    expect(made.status).toBe(201)
    const id = textAt(made, 'id')
    expect(made.json).toMatchObject({
      name: 'farm',
      version: 1,
      definition: { ...DEFINITION, description: 'for the thesis' },
    })
    expect(made.headers['location']).toBe(`${PATH}/${id}`)
    const shown = await alice.call('GET', `${PATH}/${id}`)
    expect(shown.json).toEqual(made.json)
    expect(shown.headers['etag']).toBe(made.headers['etag'])
    const other = textAt(await create(alice, { name: 'other' }), 'id')
    const ids = async (query: string) =>
      listAt(await alice.call('GET', `${PATH}${query}`), 'items').map((one) => one['id'])
    expect(await ids('')).toEqual([other, id])
    expect(await ids('?name=farm')).toEqual([id])

    const stored = await testApp.store.read.clusters.latestDefinition(id)
    const signed = await verifyDefinition(stored?.token ?? '', {
      cluster: id,
      coordinator: textAt(made, 'coordinator'),
    })
    expect(signed).toMatchObject({
      name: 'farm',
      version: 1,
      clouds: [
        { name: 'north', agents: [] },
        { name: 'south', agents: [] },
      ],
      services: [
        { name: 'proxy', kind: 'per-cloud', ownsDemand: false, provides: DEFINITION.services[0].provides },
        { name: 'worker', kind: 'scalable', ownsDemand: false },
      ],
    })
    expect(signed.document).toMatch(/^[0-9a-f]{64}$/)
  })

  test('is made once for one key, and its name is taken for its owner alone', async () => {
    const { testApp, alice } = await start()
    const headers = { 'idempotency-key': 'once' }
    const first = await create(alice, {}, { headers })
    const again = await create(alice, {}, { headers })
    expect(again.json).toEqual(first.json)
    expect(again.headers['idempotency-replayed']).toBe('true')
    expect((await create(alice)).json['code']).toBe('cluster-name-taken')
    expect((await create(await testApp.signUp('bob'))).status).toBe(201)
  })

  test('that makes no sense is refused with everything that is wrong, each at its place', async () => {
    const { alice } = await start()
    const refused = await create(alice, {
      services: [
        { name: 'web', kind: 'singleton', max: 3, dependsOn: ['wep'] },
        { name: 'web', kind: 'scalable', min: 4, max: 2 },
      ],
    })
    expect([refused.status, refused.json['code']]).toEqual([422, 'invalid-cluster'])
    expect(listAt(refused, 'errors').map(({ pointer }) => pointer)).toEqual([
      '/services/1/name',
      '/services/0/max',
      '/services/0/dependsOn/0',
      '/services/1/max',
    ])
    expect(refused.text).toContain('Did you mean')
    const unknownKind = await create(alice, { services: [{ name: 'web', kind: 'many' }] })
    expect([unknownKind.status, unknownKind.json['code']]).toEqual([400, 'invalid-request'])
    const own = { peer: textAt(await create(alice), 'coordinator'), addresses: [] }
    const asAgent = await create(alice, { name: 'b', clouds: [{ name: 'north', agents: [own] }] })
    expect(asAgent.json['code']).toBe('invalid-cluster')
  })

  test('gets a further version from the state that was seen, and no other', async () => {
    const { testApp, alice } = await start()
    const made = await create(alice)
    const path = `${PATH}/${textAt(made, 'id')}/definition`
    const body = { services: [{ name: 'web', kind: 'singleton' }], clouds: [{ name: 'north' }] }
    expect((await alice.call('PUT', path, { body })).status).toBe(428)
    const ifMatch = { 'if-match': made.headers['etag'] ?? '' }
    await testApp.clock.advance(1000)
    const changed = await alice.call('PUT', path, { body, headers: ifMatch })
    expect(changed.json).toMatchObject({ version: 2, definition: body, updatedAt: '2026-11-22T12:00:01.000Z' })
    expect((await alice.call('PUT', path, { body, headers: ifMatch })).status).toBe(412)
    const stored = await testApp.store.read.clusters.latestDefinition(textAt(made, 'id'))
    expect(stored).toMatchObject({ version: 2, content: body })
  })

  test('is deleted with all that was kept for it, and its name is free again', async () => {
    const { testApp, alice } = await start()
    const made = await create(alice)
    const id = textAt(made, 'id')
    expect((await alice.call('DELETE', `${PATH}/${id}`)).status).toBe(428)
    await alice.call('DELETE', `${PATH}/${id}/members/${STRANGER}`)
    const headers = { 'if-match': made.headers['etag'] ?? '' }
    expect((await alice.call('DELETE', `${PATH}/${id}`, { headers })).status).toBe(204)
    expect((await alice.call('GET', `${PATH}/${id}`)).status).toBe(404)
    expect(await testApp.store.read.clusterKeeping.revocations(id)).toEqual([])
    expect((await create(alice)).status).toBe(201)
    const types = (await testApp.store.read.events.after(alice.id, 0, 100)).map(({ type }) => type)
    expect(types.slice(2)).toEqual(['cluster-created', 'member-revoked', 'cluster-deleted', 'cluster-created'])
  })

  test('needs the scopes for clusters', async () => {
    const { testApp, alice } = await start()
    const reader = bearer(testApp.app, await alice.token('clusters:read'))
    expect((await reader('GET', PATH)).status).toBe(200)
    const body = { name: 'farm', ...DEFINITION }
    expect((await reader('POST', PATH, { body, headers: { 'idempotency-key': 'k' } })).status).toBe(403)
    const other = bearer(testApp.app, await alice.token('machines:write'))
    expect((await other('GET', PATH)).status).toBe(403)
  })
})

describe('without a mesh', () => {
  test('nothing is signed or admitted and the answer says why, but clusters are read and deleted', async () => {
    const { testApp, alice } = await start()
    const made = await create(alice)
    const id = textAt(made, 'id')
    await testApp.close()
    const off = await createTestApp({ folder: testApp.folder, clock: testApp.clock })
    const call = off.call
    const cookie = { cookie: alice.cookie, 'sec-fetch-site': 'same-origin' }
    const ask = (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown) =>
      call(method, path, { headers: { ...cookie, 'idempotency-key': 'x', 'if-match': '*' }, body })
    const { services, clouds } = DEFINITION
    const refused = [
      await ask('POST', PATH, { name: 'other', services, clouds }),
      await ask('PUT', `${PATH}/${id}/definition`, { services, clouds }),
      await ask('POST', `${PATH}/${id}/machines`, { service: 'proxy', cloud: 'north' }),
      await ask('DELETE', `${PATH}/${id}/members/${STRANGER}`),
      await ask('GET', `${PATH}/${id}/mesh`),
    ]
    expect(refused.map(({ status, json }) => [status, json['code']])).toEqual(refused.map(() => [503, 'mesh-off']))
    expect((await ask('GET', `${PATH}/${id}`)).json).toEqual(made.json)
    expect(pick(await call('GET', '/.well-known/muster.json'), 'mesh')).toBeUndefined()
    expect((await ask('DELETE', `${PATH}/${id}`)).status).toBe(204)
  })

  test('and with one that cannot listen, clusters are signed, and who wants to join is told what is in the way', async () => {
    const { testApp, alice } = await start()
    const id = textAt(await create(alice), 'id')
    const machine = await alice.call('POST', `${PATH}/${id}/machines`, { body: { service: 'proxy', cloud: 'north' } })
    expect([machine.status, machine.json['code']]).toEqual([503, 'mesh-off'])
    const known = await testApp.call('GET', '/.well-known/muster.json')
    expect(pick(known, 'mesh.addresses')).toEqual([])
    expect(pick(known, 'mesh.peer')).toBe(createIdentity(SEED).peer)
  })

  test('a cluster whose key was lost says so, and is not signed for with another', async () => {
    const { testApp, alice } = await start()
    const made = await create(alice)
    const id = textAt(made, 'id')
    await testApp.close()
    const seed = SEED.map((byte) => byte + 1)
    const other = await createTestApp({
      folder: testApp.folder,
      clock: testApp.clock,
      createMeshes: (deps) => createSilentMeshes(deps, seed).meshes,
    })
    const headers = { cookie: alice.cookie, 'sec-fetch-site': 'same-origin', 'if-match': '*' }
    const { services, clouds } = DEFINITION
    const changed = await other.call('PUT', `${PATH}/${id}/definition`, { headers, body: { services, clouds } })
    expect([changed.status, changed.json['code']]).toEqual([409, 'key-changed'])
    const revoked = await other.call('DELETE', `${PATH}/${id}/members/${STRANGER}`, { headers })
    expect(revoked.json['code']).toBe('key-changed')
  })
})
