import { describe, expect, test } from 'vitest'
import {
  bearer,
  type Call,
  cookieOf,
  createCall,
  createTestApp,
  listAt,
  PASSWORD,
  type TestApp,
  type TestPerson,
  textAt,
} from '../test-app.ts'
import { DEFINITION, silentMeshes } from '../test-meshes.ts'
import { claimPairing, FACTS, issuePairing, pairMachine, statusBody } from '../test-pairing.ts'

const NEW_PASSWORD = 'battery staple correct'

const change = (call: Call, currentPassword = PASSWORD, newPassword = NEW_PASSWORD) =>
  call('PUT', '/api/v2/account/password', { body: { currentPassword, newPassword } })
const remove = (call: Call, password = PASSWORD) => call('DELETE', '/api/v2/account', { body: { password } })
const signIn = ({ call }: TestApp, password: string, from = '198.51.100.7') =>
  call('POST', '/api/v2/sessions', { body: { login: 'alice', password }, from })

async function typesOf({ store }: TestApp, person: TestPerson): Promise<readonly string[]> {
  return (await store.read.events.after(person.id, 0, 100)).map((event) => event.type)
}

describe('a new password', () => {
  test('replaces the old one, ends all other sessions, and leaves this one and the tokens', async () => {
    const testApp = await createTestApp()
    const alice = await testApp.signUp('alice')
    const bob = await testApp.signUp('bob')
    const token = bearer(testApp.app, await alice.token('contexts:read'))
    const other = createCall(testApp.app, { cookie: cookieOf(await signIn(testApp, PASSWORD)) })
    expect((await change(alice.call)).status).toBe(204)
    expect((await alice.call('GET', '/api/v2/session')).status).toBe(200)
    expect((await token('GET', '/api/v2/session')).status).toBe(200)
    expect((await bob.call('GET', '/api/v2/session')).status).toBe(200)
    expect((await other('GET', '/api/v2/session')).json['code']).toBe('not-signed-in')
    expect((await signIn(testApp, PASSWORD)).json['code']).toBe('wrong-credentials')
    expect((await signIn(testApp, NEW_PASSWORD)).status).toBe(201)
    const events = await testApp.store.read.events.after(alice.id, 0, 100)
    expect(events.find((event) => event.type === 'password-changed')).toMatchObject({
      subject: alice.id,
      actor: alice.id,
      data: { endedSessions: 1 },
    })
    expect(testApp.log()).not.toContain(PASSWORD)
    expect(testApp.log()).not.toContain(NEW_PASSWORD)
  })

  test('needs the present one, and one that is long enough', async () => {
    const testApp = await createTestApp()
    const alice = await testApp.signUp('alice')
    const wrong = await change(alice.call, 'not her password')
    expect([wrong.status, wrong.json['code']]).toEqual([403, 'wrong-password'])
    const short = await change(alice.call, PASSWORD, 'short')
    expect(listAt(short, 'errors').map((item) => item['pointer'])).toEqual(['/newPassword'])
    expect((await change(alice.call, 'x'.repeat(201))).status).toBe(400)
    expect((await signIn(testApp, PASSWORD)).status).toBe(201)
    expect(await typesOf(testApp, alice)).not.toContain('password-changed')
  })

  test('cannot be set by a token or from another site', async () => {
    const testApp = await createTestApp()
    const alice = await testApp.signUp('alice')
    const token = bearer(testApp.app, await alice.token('contexts:write'))
    const elsewhere = createCall(testApp.app, { cookie: alice.cookie, 'sec-fetch-site': 'cross-site' })
    expect((await change(token)).json['code']).toBe('scope-missing')
    expect((await change(elsewhere)).json['code']).toBe('cross-site')
    expect((await remove(token)).json['code']).toBe('scope-missing')
    expect((await remove(elsewhere)).json['code']).toBe('cross-site')
    expect((await alice.call('GET', '/api/v2/session')).status).toBe(200)
  })

  test('cannot be had by guessing the present one: tries count with those at sign-in', async () => {
    const testApp = await createTestApp()
    const alice = await testApp.signUp('alice')
    for (let wrong = 0; wrong < 3; wrong += 1) expect((await change(alice.call, 'not it')).status).toBe(403)
    for (let wrong = 0; wrong < 2; wrong += 1) expect((await remove(alice.call, 'not it')).status).toBe(403)
    const limited = await change(alice.call)
    expect([limited.status, limited.json['code'], limited.headers['retry-after']]).toEqual([429, 'slow-down', '1'])
    expect((await remove(alice.call)).status).toBe(429)
    expect((await signIn(testApp, PASSWORD, '127.0.0.1')).status).toBe(429)
    await testApp.clock.advance(1000)
    expect((await change(alice.call)).status).toBe(204)
    expect((await change(alice.call, 'not it')).status).toBe(403)
  })

  test('leaves no way in to a sign-in that was checked against the old one', async () => {
    const gate = Promise.withResolvers<void>()
    const asked = Promise.withResolvers<void>()
    let isHeld = false
    const passwordHasher = {
      hash: async (password: string) => `hash of ${password}`,
      async verify(password: string, stored: string) {
        if (isHeld) {
          isHeld = false
          asked.resolve()
          await gate.promise
        }
        return stored === `hash of ${password}`
      },
    }
    const testApp = await createTestApp({ passwordHasher })
    const alice = await testApp.signUp('alice')
    isHeld = true
    const late = signIn(testApp, PASSWORD)
    await asked.promise
    expect((await change(alice.call)).status).toBe(204)
    gate.resolve()
    expect((await late).json['code']).toBe('wrong-credentials')
  })
})

describe('a deleted account', () => {
  test('takes sessions, tokens, contexts, clusters, machines and pairings with it, and nothing of anybody else', async () => {
    const testApp = await createTestApp({ createMeshes: silentMeshes })
    const [alice, bob] = [await testApp.signUp('alice'), await testApp.signUp('bob')]
    const context = (person: TestPerson) =>
      person.call('POST', '/api/v2/contexts', {
        body: { name: 'web', format: 'plain', body: 'x' },
        headers: { 'idempotency-key': 'k' },
      })
    await context(alice)
    const kept = textAt(await context(bob), 'id')
    const token = bearer(testApp.app, await alice.token('contexts:read'))
    const body = { name: 'farm', ...DEFINITION }
    await alice.call('POST', '/api/v2/clusters', { body, headers: { 'idempotency-key': 'c' } })
    const machine = await pairMachine(testApp, alice)
    const report = () => machine.call('PUT', '/api/v2/machines/self/status', { body: statusBody() })
    expect((await report()).status).toBe(204)
    const claimed = await issuePairing(testApp)
    await claimPairing(alice, claimed)

    const gone = await remove(alice.call)
    expect(gone.status).toBe(204)
    expect(gone.headers['set-cookie']).toContain('Max-Age=0')
    expect((await alice.call('GET', '/api/v2/session')).status).toBe(401)
    expect((await token('GET', '/api/v2/contexts')).status).toBe(401)
    expect((await report()).status).toBe(401)
    expect((await signIn(testApp, PASSWORD)).json['code']).toBe('wrong-credentials')
    expect((await bob.call('GET', `/api/v2/contexts/${kept}`)).status).toBe(200)
    // The machine that was only claimed can be paired by somebody else.
    expect(await claimPairing(bob, claimed)).toMatch(/^clm_/)

    const events = await testApp.store.read.events.after(alice.id, 0, 100)
    expect(events[0]).toMatchObject({ type: 'account-created', actor: alice.id })
    expect(events.at(-1)).toMatchObject({
      type: 'account-deleted',
      subject: alice.id,
      actor: alice.id,
      data: { login: 'alice', machines: 1, contexts: 1, clusters: 1 },
    })
    expect(JSON.stringify(events)).not.toContain(FACTS.agentVersion)
  })

  test('leaves its name free, for somebody who finds nothing of it', async () => {
    const testApp = await createTestApp()
    const alice = await testApp.signUp('alice')
    await remove(alice.call)
    const next = await testApp.signUp('alice')
    expect(next.id).not.toBe(alice.id)
    for (const list of ['contexts', 'clusters', 'machines', 'tokens']) {
      expect((await next.call('GET', `/api/v2/${list}`)).json).toEqual({ items: [] })
    }
    expect(await typesOf(testApp, next)).toEqual(['account-created', 'session-started'])
  })

  test('needs its password', async () => {
    const testApp = await createTestApp()
    const alice = await testApp.signUp('alice')
    expect((await remove(alice.call, 'not her password')).json['code']).toBe('wrong-password')
    expect((await alice.call('DELETE', '/api/v2/account', { body: {} })).status).toBe(400)
    expect((await alice.call('GET', '/api/v2/session')).status).toBe(200)
    expect(testApp.log()).not.toContain('not her password')
  })
})
