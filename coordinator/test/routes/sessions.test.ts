import { describe, expect, test } from 'vitest'
import {
  bearer,
  cookieOf,
  createCall,
  createTestApp,
  listAt,
  PASSWORD,
  pick,
  type TestApp,
  textAt,
} from '../test-app.ts'

const HOUR_MS = 60 * 60_000

async function signInAgain({ app, call }: TestApp, login: string, userAgent: string) {
  const started = await call('POST', '/api/v2/sessions', {
    body: { login, password: PASSWORD },
    headers: { 'user-agent': userAgent },
  })
  expect(started.status).toBe(201)
  return createCall(app, { cookie: cookieOf(started), 'sec-fetch-site': 'same-origin' })
}

describe('the sessions of an account', () => {
  test('are listed newest first with browser and times, and say which one asks', async () => {
    const testApp = await createTestApp()
    const alice = await testApp.signUp('alice')
    await testApp.signUp('bob')
    await testApp.clock.advance(HOUR_MS)
    const phone = await signInAgain(testApp, 'alice', 'Phone/1.0 \t(small)')
    const list = await phone('GET', '/api/v2/sessions')
    expect(list.status).toBe(200)
    expect(listAt(list, 'items')).toEqual([
      {
        id: expect.stringMatching(/^ses_/),
        createdAt: '2026-11-22T13:00:00.000Z',
        lastUsedAt: '2026-11-22T13:00:00.000Z',
        expiresAt: '2026-11-23T01:00:00.000Z',
        userAgent: 'Phone/1.0 (small)',
        isCurrent: true,
      },
      expect.objectContaining({ createdAt: '2026-11-22T12:00:00.000Z', isCurrent: false }),
    ])
    expect(list.text).not.toContain('mss_')
    const first = await alice.call('GET', '/api/v2/sessions?limit=1')
    expect(pick(first, 'items.0.isCurrent')).toBe(false)
    const second = await alice.call('GET', `/api/v2/sessions?limit=1&cursor=${textAt(first, 'nextCursor')}`)
    expect(pick(second, 'items.0.isCurrent')).toBe(true)
    expect(pick(second, 'nextCursor')).toBeUndefined()
  })

  test('end one by one, with an event, and at once', async () => {
    const testApp = await createTestApp()
    const alice = await testApp.signUp('alice')
    const phone = await signInAgain(testApp, 'alice', 'Phone')
    const id = textAt(await phone('GET', '/api/v2/sessions'), 'items.0.id')
    const ended = await alice.call('DELETE', `/api/v2/sessions/${id}`)
    expect([ended.status, ended.headers['set-cookie']]).toEqual([204, undefined])
    expect((await phone('GET', '/api/v2/session')).json['code']).toBe('not-signed-in')
    expect((await alice.call('GET', '/api/v2/session')).status).toBe(200)
    expect((await alice.call('DELETE', `/api/v2/sessions/${id}`)).json['code']).toBe('not-found')
    const events = await testApp.store.read.events.after(alice.id, 0, 100)
    expect(events.at(-1)).toMatchObject({ type: 'session-ended', subject: id, actor: alice.id })
  })

  test('the own one ends like a sign-out, and the browser forgets it', async () => {
    const { signUp } = await createTestApp()
    const alice = await signUp('alice')
    const id = textAt(await alice.call('GET', '/api/v2/sessions'), 'items.0.id')
    const ended = await alice.call('DELETE', `/api/v2/sessions/${id}`)
    expect(ended.headers['set-cookie']).toContain('Max-Age=0')
    expect((await alice.call('GET', '/api/v2/session')).status).toBe(401)
  })

  test('that have expired are neither listed nor there to be ended', async () => {
    const testApp = await createTestApp()
    const alice = await testApp.signUp('alice')
    const id = textAt(await alice.call('GET', '/api/v2/sessions'), 'items.0.id')
    await testApp.clock.advance(12 * HOUR_MS)
    const again = await signInAgain(testApp, 'alice', 'x')
    expect(listAt(await again('GET', '/api/v2/sessions'), 'items')).toHaveLength(1)
    expect((await again('DELETE', `/api/v2/sessions/${id}`)).status).toBe(404)
  })

  test('are not for tokens, nor for requests of other sites', async () => {
    const { app, signUp } = await createTestApp()
    const alice = await signUp('alice')
    const token = bearer(app, await alice.token('contexts:read', 'contexts:write'))
    const id = textAt(await alice.call('GET', '/api/v2/sessions'), 'items.0.id')
    expect((await token('GET', '/api/v2/sessions')).json['code']).toBe('scope-missing')
    expect((await token('DELETE', `/api/v2/sessions/${id}`)).json['code']).toBe('scope-missing')
    const elsewhere = createCall(app, { cookie: alice.cookie, 'sec-fetch-site': 'cross-site' })
    expect((await elsewhere('DELETE', `/api/v2/sessions/${id}`)).json['code']).toBe('cross-site')
    expect((await alice.call('DELETE', '/api/v2/sessions/no-id')).status).toBe(400)
    expect((await alice.call('GET', '/api/v2/sessions?cursor=x')).json['code']).toBe('invalid-cursor')
  })
})
