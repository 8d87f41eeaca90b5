import { describe, expect, test } from 'vitest'
import { type Answer, listAt, pick, type TestPerson, textAt } from '../test-app.ts'
import { DEFINITION } from '../test-meshes.ts'
import { eventually, joinBySection, type MeshedApp, startMeshedApp } from './mesh-rig.ts'

const PATH = '/api/v2/clusters'
/** Real connections on a machine that may be busy. */
const PATIENT = { timeout: 180_000 }

async function start() {
  const app = await startMeshedApp()
  const alice = await app.signUp('alice')
  const body = { name: 'farm', ...DEFINITION }
  const made = await alice.call('POST', PATH, { body, headers: { 'idempotency-key': 'k' } })
  expect(made.status).toBe(201)
  return { app, alice, path: `${PATH}/${textAt(made, 'id')}`, etag: made.headers['etag'] ?? '' }
}

async function authorize(alice: TestPerson, path: string, service: string, cloud: string): Promise<Answer> {
  const answer = await alice.call('POST', `${path}/machines`, { body: { service, cloud } })
  expect([answer.status, answer.text]).toEqual([201, expect.any(String)])
  return answer
}

/** The view once this many members besides the coordinator are connected. */
function connected(alice: TestPerson, path: string, count: number): Promise<Answer> {
  return eventually(async () => {
    const view = await alice.call('GET', `${path}/mesh`)
    const members = listAt(view, 'members').filter(
      (one) => one['connection'] !== undefined && one['status'] === 'alive',
    )
    return members.length === count ? view : undefined
  })
}

const typesOf = async (app: MeshedApp, alice: TestPerson) =>
  (await app.store.read.events.after(alice.id, 0, 1000)).map(({ type }) => type)

describe('machines that the coordinator has authorized', () => {
  test('join by their section, are seen with place and age, and find each other', PATIENT, async () => {
    const { app, alice, path } = await start()
    const given = [
      await authorize(alice, path, 'proxy', 'north'),
      await authorize(alice, path, 'proxy', 'north'),
      await authorize(alice, path, 'worker', 'south'),
    ]
    expect(given.map(({ json }) => [json['service'], json['cloud'], json['slot'], json['generation']])).toEqual([
      ['proxy', 'north', 0, 0],
      ['proxy', 'north', 1, 0],
      ['worker', 'south', 0, 0],
    ])
    expect(given[0]?.headers['cache-control']).toBe('no-store')
    const waiting = await alice.call('GET', `${path}/mesh`)
    expect(listAt(waiting, 'awaited')).toHaveLength(3)

    const members = await Promise.all(given.map((one) => joinBySection(textAt(one, 'section'))))
    const view = await connected(alice, path, 3)
    expect(view.json).toMatchObject({ phase: 'member', definitionVersion: 1, awaited: [] })
    expect(listAt(view, 'members').filter((one) => one['isSelf'])).toMatchObject([{ role: 'coordinator', cloud: '' }])
    const peers = members.map(({ mesh }) => mesh.self)
    expect(
      listAt(view, 'links')
        .map(({ to }) => to)
        .toSorted(),
    ).toEqual(peers.toSorted())
    expect(listAt(view, 'members').filter((one) => one['role'] === 'worker')).toMatchObject([
      { service: 'worker', cloud: 'south', slot: 0 },
    ])
    const answers = await eventually(async () => {
      const services = listAt(await alice.call('GET', `${path}/mesh`), 'services')
      const found = services.find(({ name }) => name === 'proxy')?.['answers']
      return Array.isArray(found) && found.length === 2 ? found : undefined
    })
    expect(answers).toMatchObject([{ cloud: 'north', ports: [{ name: 'http', port: 3128 }] }, { cloud: 'north' }])
    const worker = members[2]
    await eventually(() => (worker?.mesh.resolve('proxy').length === 2 ? true : undefined))
    await eventually(async () => ((await typesOf(app, alice)).includes('cluster-mesh') ? true : undefined))
    const known = await app.call('GET', '/.well-known/muster.json')
    expect(pick(known, 'mesh.addresses.0')).toMatch(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+$/)
    const metrics = (await app.call('GET', '/metrics')).text
    expect(metrics).toContain(`cvm_mesh_members{cluster="${path.split('/').at(-1)}",status="alive"} 4`)
    expect(metrics.match(/^# TYPE cvm_mesh_traffic_bytes_total/gm)).toHaveLength(1)
    // What was shown once is nowhere else.
    const token = /^token ?= ?(.+)$/m.exec(textAt(given[0] ?? waiting, 'section'))?.[1] ?? 'no token'
    expect(app.log()).not.toContain(token)
    expect(JSON.stringify(await app.store.read.events.after(alice.id, 0, 1000))).not.toContain(token)
  })

  test('are refused a second use of their token, and a place beyond the count', PATIENT, async () => {
    const { alice, path } = await start()
    const section = textAt(await authorize(alice, path, 'proxy', 'north'), 'section')
    await joinBySection(section)
    await connected(alice, path, 1)
    const thief = await joinBySection(section)
    await eventually(() => (thief.mesh.phase().phase === 'refused' ? true : undefined))
    expect(thief.mesh.phase()).toMatchObject({ cause: 'token-used' })
    await authorize(alice, path, 'proxy', 'north')
    const body = { service: 'proxy', cloud: 'north' }
    const full = await alice.call('POST', `${path}/machines`, { body })
    expect(full.json['code']).toBe('no-free-place')
    const beyond = await alice.call('POST', `${path}/machines`, { body: { ...body, slot: 2 } })
    expect(beyond.json['code']).toBe('no-such-place')
    const again = await alice.call('POST', `${path}/machines`, { body: { ...body, slot: 0 } })
    expect(again.json).toMatchObject({ slot: 0, generation: 1 })
  })

  test('are cut off when they are revoked, and others stay', PATIENT, async () => {
    const { alice, path } = await start()
    const [kept, cut] = await Promise.all([
      joinBySection(textAt(await authorize(alice, path, 'proxy', 'north'), 'section')),
      joinBySection(textAt(await authorize(alice, path, 'proxy', 'north'), 'section')),
    ])
    await connected(alice, path, 2)
    expect((await alice.call('DELETE', `${path}/members/${cut.mesh.self}`)).status).toBe(204)
    const view = await connected(alice, path, 1)
    expect(listAt(view, 'links')).toMatchObject([{ to: kept.mesh.self }])
    await eventually(() =>
      kept.mesh.members().some(({ peer, connection }) => peer === cut.mesh.self && connection) ? undefined : true,
    )
    // Its place is free again, for a machine of the next generation.
    expect((await authorize(alice, path, 'proxy', 'north')).json).toMatchObject({ generation: 1 })
  })

  test('are known again after a restart, with used tokens and revocations', PATIENT, async () => {
    const { app, alice, path } = await start()
    const [first, second] = [
      await authorize(alice, path, 'proxy', 'north'),
      await authorize(alice, path, 'proxy', 'north'),
    ]
    const member = await joinBySection(textAt(first, 'section'))
    await connected(alice, path, 1)
    await alice.call('DELETE', `${path}/members/${member.mesh.self}`)
    await app.mesh.stop()
    await app.close()

    const again = await startMeshedApp(app.folder)
    const headers = { cookie: alice.cookie, 'sec-fetch-site': 'same-origin' }
    const view = await again.call('GET', `${path}/mesh`, { headers })
    expect(listAt(view, 'awaited')).toMatchObject([{ slot: second.json['slot'] }])
    // The port is another one, so the section of before is given the new address.
    const [address] = listAt(await again.call('GET', '/.well-known/muster.json'), 'mesh.addresses')
    const moved = (section: string) => section.replace(/^addresses ?=.*$/m, `addresses = ${address}`)
    const thief = await joinBySection(moved(textAt(first, 'section')))
    await eventually(() => (thief.mesh.phase().phase === 'refused' ? true : undefined))
    const late = await joinBySection(moved(textAt(second, 'section')))
    await eventually(() => (late.mesh.phase().phase === 'member' ? true : undefined))
  })

  test('fetch the whole definition, of each version, by the hash in the signed one', PATIENT, async () => {
    const { alice, path, etag } = await start()
    const member = await joinBySection(textAt(await authorize(alice, path, 'proxy', 'north'), 'section'))
    await connected(alice, path, 1)
    const whole = async () => {
      const reader = await member.blobs.fetch(member.mesh.definition()?.document ?? '')
      const text = new TextDecoder().decode(await reader.bytes())
      await reader.close()
      return JSON.parse(text)
    }
    expect(await whole()).toMatchObject({ metadata: { name: 'farm' }, services: DEFINITION.services })

    const services = [...DEFINITION.services, { name: 'store', kind: 'singleton' }]
    const headers = { 'if-match': etag }
    await alice.call('PUT', `${path}/definition`, { body: { ...DEFINITION, services }, headers })
    await eventually(() => (member.mesh.definition()?.version === 2 ? true : undefined))
    expect(await whole()).toMatchObject({ services })
  })

  test('learn of a further version of the definition, and of its end', PATIENT, async () => {
    const { alice, path, etag } = await start()
    const member = await joinBySection(textAt(await authorize(alice, path, 'proxy', 'north'), 'section'))
    await connected(alice, path, 1)
    const body = { ...DEFINITION, services: [...DEFINITION.services, { name: 'store', kind: 'singleton' }] }
    const changed = await alice.call('PUT', `${path}/definition`, { body, headers: { 'if-match': etag } })
    expect(changed.status).toBe(200)
    await eventually(() => (member.mesh.definition()?.version === 2 ? true : undefined))
    const headers = { 'if-match': changed.headers['etag'] ?? '' }
    expect((await alice.call('DELETE', path, { headers })).status).toBe(204)
    await eventually(() =>
      member.mesh.members().some(({ role, status }) => role === 'coordinator' && status === 'left') ? true : undefined,
    )
  })
})
