import { describe, expect, test } from 'vitest'
import { bearer, createTestApp, listAt, pick } from '../test-app.ts'
import { pairMachine, statusBody } from '../test-pairing.ts'

const PATH = '/api/v2/machines'

async function start() {
  const testApp = await createTestApp()
  const alice = await testApp.signUp('alice')
  return { testApp, alice, machine: await pairMachine(testApp, alice) }
}

describe('machines', () => {
  test('a machine reports, its owner sees it, and it is silent after 90 seconds', async () => {
    const { testApp, alice, machine } = await start()
    const context = { name: 'web', version: 3, digest: 'a'.repeat(64) }
    const lastApply = {
      finishedAt: '2026-11-22T12:00:00Z',
      outcome: 'applied',
      changes: 4,
      warnings: 1,
      notDone: 0,
      durationMs: 1200,
    }
    const body = statusBody({ context, lastApply })
    expect((await machine.call('PUT', `${PATH}/self/status`, { body })).status).toBe(204)
    const read = await alice.call('GET', `${PATH}/${machine.id}`)
    expect(read.json).toMatchObject({ isOnline: true, status: body, lastSeenAt: '2026-11-22T12:00:00.000Z' })
    await testApp.clock.advance(90_000)
    expect((await alice.call('GET', `${PATH}/${machine.id}`)).json['isOnline']).toBe(true)
    await testApp.clock.advance(1)
    expect((await alice.call('GET', `${PATH}/${machine.id}`)).json['isOnline']).toBe(false)
    await machine.call('PUT', `${PATH}/self/status`, { body })
    expect((await alice.call('GET', `${PATH}/${machine.id}`)).json['isOnline']).toBe(true)
  })

  test('an event tells of a change and not of a repetition', async () => {
    const { testApp, alice, machine } = await start()
    const report = (change: Readonly<Record<string, unknown>>) =>
      machine.call('PUT', `${PATH}/self/status`, { body: statusBody(change) })
    await report({ state: 'applying', progress: { done: 0, total: 2 } })
    await report({ state: 'applying', progress: { done: 0, total: 2 } })
    await report({ state: 'applying', progress: { done: 1, total: 2 } })
    await report({})
    const events = await testApp.store.read.events.after(alice.id, 0, 100)
    const told = events.filter((event) => event.type === 'machine-status')
    expect(told.map(({ subject, actor, data }) => [subject, actor, data['state'], data['progress']])).toEqual([
      [machine.id, machine.id, 'applying', { done: 0, total: 2 }],
      [machine.id, machine.id, 'applying', { done: 1, total: 2 }],
      [machine.id, machine.id, 'configured', undefined],
    ])
  })

  test('a machine is renamed with its ETag, which reports do not change', async () => {
    const { alice, machine } = await start()
    const path = `${PATH}/${machine.id}`
    const etag = (await alice.call('GET', path)).headers['etag'] ?? ''
    await machine.call('PUT', `${PATH}/self/status`, { body: statusBody({ hostname: 'other' }) })
    const body = { name: 'my laptop' }
    expect((await alice.call('PATCH', path, { body })).status).toBe(428)
    const renamed = await alice.call('PATCH', path, { body, headers: { 'if-match': etag } })
    expect([renamed.status, renamed.json['name']]).toEqual([200, 'my laptop'])
    const stale = await alice.call('PATCH', path, { body, headers: { 'if-match': etag } })
    expect([stale.status, stale.headers['etag']]).toEqual([412, renamed.headers['etag']])
    expect((await alice.call('DELETE', path, { headers: { 'if-match': etag } })).status).toBe(412)
    for (const name of ['', 'a/b', 'a@b', 'x'.repeat(101), 'a\nb']) {
      const refused = await alice.call('PATCH', path, { body: { name }, headers: { 'if-match': '*' } })
      expect(refused.status, JSON.stringify(name)).toBe(400)
    }
  })

  test('a machine that is forgotten is told so', async () => {
    const { alice, machine } = await start()
    expect((await alice.call('DELETE', `${PATH}/${machine.id}`)).status).toBe(204)
    expect((await alice.call('GET', `${PATH}/${machine.id}`)).status).toBe(404)
    const report = await machine.call('PUT', `${PATH}/self/status`, { body: statusBody() })
    expect([report.status, report.json['code']]).toEqual([401, 'not-signed-in'])
    expect(listAt(await alice.call('GET', PATH), 'items')).toEqual([])
  })

  test('a report out of bounds, too large or without a machine token is refused', async () => {
    const { testApp, alice, machine } = await start()
    const put = (body: unknown, call = machine.call) => call('PUT', `${PATH}/self/status`, { body })
    expect((await put(statusBody({ state: 'happy' }))).json['errors']).toEqual([
      { pointer: '/state', detail: 'must be one of paired, applying, configured, failed' },
    ])
    expect((await put(statusBody({ hostname: 'x'.repeat(20_000) }))).status).toBe(413)
    expect((await put(statusBody(), alice.call)).status).toBe(401)
    expect((await put(statusBody(), bearer(testApp.app, await alice.token('machines:write')))).status).toBe(401)
    expect((await put(statusBody(), bearer(testApp.app, `msm_${'a'.repeat(43)}`))).status).toBe(401)
    expect((await machine.call('GET', PATH)).status).toBe(401)
  })

  test('lists are cut into pages and the number of machines is limited', async () => {
    const testApp = await createTestApp({ limits: { machinesPerAccount: 3 } })
    const alice = await testApp.signUp('alice')
    for (const letter of ['A', 'B', 'C']) await pairMachine(testApp, alice, { publicKey: letter.repeat(43) })
    const first = await alice.call('GET', `${PATH}?limit=2`)
    expect(listAt(first, 'items')).toHaveLength(2)
    const rest = await alice.call('GET', `${PATH}?limit=2&cursor=${pick(first, 'nextCursor')}`)
    expect(listAt(rest, 'items')).toHaveLength(1)
    await expect(pairMachine(testApp, alice, { publicKey: 'D'.repeat(43) })).rejects.toThrow('409')
  })
})
