import { createSeededRandom } from '@muster/runtime/random.ts'
import { describe, expect, test } from 'vitest'
import { createArgon2Hasher } from '../../src/password.ts'
import { cookieOf, createCall, createTestApp, listAt, PASSWORD, pick } from '../test-app.ts'

const HOUR_MS = 60 * 60_000
const credentials = (login: string, password = PASSWORD) => ({ body: { login, password } })

describe('accounts', () => {
  test('a new account is signed in at once and can sign out', async () => {
    const { call, app } = await createTestApp()
    const made = await call('POST', '/api/v2/accounts', credentials('alice'))
    expect(made.status).toBe(201)
    expect(pick(made, 'account.login')).toBe('alice')
    const own = createCall(app, { cookie: cookieOf(made), 'sec-fetch-site': 'same-origin' })
    expect(pick(await own('GET', '/api/v2/session'), 'account.id')).toBe(pick(made, 'account.id'))
    const out = await own('DELETE', '/api/v2/session')
    expect(out.status).toBe(204)
    expect(out.headers['set-cookie']).toContain('Max-Age=0')
    expect((await own('GET', '/api/v2/session')).json['code']).toBe('not-signed-in')
  })

  test.each([
    ['https://muster.example', '__Host-muster', true],
    ['http://127.0.0.1:8080', '__Host-muster', true],
    ['http://localhost:8080', '__Host-muster', true],
    ['http://muster.example:8080', 'muster', false],
  ])('at %s the cookie is %s, secure: %s', async (publicUrl, name, isSecure) => {
    const { call } = await createTestApp({ publicUrl })
    const header = String((await call('POST', '/api/v2/accounts', credentials('alice'))).headers['set-cookie'])
    expect(header.startsWith(`${name}=`)).toBe(true)
    expect(header).toMatch(/Path=\/; HttpOnly;/)
    expect(header).toContain('SameSite=Strict')
    expect(header.includes('Secure')).toBe(isSecure)
  })

  test('a name that is taken is refused and a name or password out of bounds is explained', async () => {
    const { call } = await createTestApp()
    await call('POST', '/api/v2/accounts', credentials('alice'))
    const taken = await call('POST', '/api/v2/accounts', credentials('alice'))
    expect([taken.status, taken.json['code']]).toEqual([409, 'login-taken'])
    const bad = await call('POST', '/api/v2/accounts', credentials('A', 'short'))
    expect(bad.status).toBe(400)
    expect(listAt(bad, 'errors').map((item) => item['pointer'])).toEqual(['/login', '/password'])
  })

  test('a closed registration lets nobody in but those who have an account', async () => {
    const { call } = await createTestApp({ isRegistrationOpen: false })
    expect((await call('POST', '/api/v2/accounts', credentials('alice'))).json['code']).toBe('registration-closed')
    expect((await call('GET', '/.well-known/muster.json')).json['isRegistrationOpen']).toBe(false)
  })

  test('the number of new accounts from one network is limited, and other networks are not hurt', async () => {
    const limits = { newAccountsPerNetwork: { count: 2, windowMs: HOUR_MS } }
    const { call, clock } = await createTestApp({ limits })
    const register = (login: string, from: string) => call('POST', '/api/v2/accounts', { ...credentials(login), from })
    await register('alice', '192.0.2.1')
    await register('bob', '192.0.2.2')
    const third = await register('carol', '192.0.2.3')
    expect([third.status, third.headers['retry-after']]).toEqual([429, '3600'])
    expect((await register('carol', '198.51.100.3')).status).toBe(201)
    await clock.advance(HOUR_MS)
    expect((await register('dave', '192.0.2.3')).status).toBe(201)
  })
})

describe('sessions', () => {
  test('an unknown name and a wrong password get the same answer, and both cost one hash', async () => {
    const random = createSeededRandom(3)
    const real = createArgon2Hasher(random, { memoryKiB: 64, passes: 1, parallelism: 1 })
    let verified = 0
    const passwordHasher = {
      hash: real.hash,
      verify: (password: string, stored: string) => {
        verified += 1
        return real.verify(password, stored)
      },
    }
    const { call, signUp } = await createTestApp({ passwordHasher })
    await signUp('alice')
    const headers = { 'x-request-id': 'the-same-id' }
    const wrong = await call('POST', '/api/v2/sessions', { ...credentials('alice', 'not her password'), headers })
    const unknown = await call('POST', '/api/v2/sessions', { ...credentials('nobody', 'not her password'), headers })
    expect(wrong.json['code']).toBe('wrong-credentials')
    expect(unknown.text).toBe(wrong.text)
    expect(verified).toBe(2)
  })

  test('a session ends 12 hours after its last use', async () => {
    const { signUp, clock } = await createTestApp()
    const alice = await signUp('alice')
    await clock.advance(11 * HOUR_MS)
    expect((await alice.call('GET', '/api/v2/session')).status).toBe(200)
    await clock.advance(11 * HOUR_MS)
    expect((await alice.call('GET', '/api/v2/session')).status).toBe(200)
    await clock.advance(12 * HOUR_MS + 1)
    expect((await alice.call('GET', '/api/v2/session')).status).toBe(401)
  })

  test('a session that is used all the time ends after 7 days', async () => {
    const { signUp, clock } = await createTestApp()
    const alice = await signUp('alice')
    for (let hours = 0; hours < 7 * 24 - 10; hours += 10) {
      await clock.advance(10 * HOUR_MS)
      expect((await alice.call('GET', '/api/v2/session')).status, `after ${hours + 10} hours`).toBe(
        hours < 158 ? 200 : 401,
      )
    }
    await clock.advance(10 * HOUR_MS)
    expect((await alice.call('GET', '/api/v2/session')).status).toBe(401)
  })

  test('wrong passwords make each further try wait longer, even for the right one, until the wait is over', async () => {
    const { call, signUp, clock } = await createTestApp()
    await signUp('alice')
    const signIn = (password: string, from = '192.0.2.9') =>
      call('POST', '/api/v2/sessions', { ...credentials('alice', password), from })
    for (let wrong = 0; wrong < 5; wrong += 1) expect((await signIn('not her password')).status).toBe(401)
    const refused = await signIn(PASSWORD)
    expect([refused.status, refused.json['code'], refused.headers['retry-after']]).toEqual([429, 'slow-down', '1'])
    expect((await signIn(PASSWORD, '198.51.100.1')).status).toBe(201)
    await clock.advance(1000)
    expect((await signIn('not her password')).status).toBe(401)
    expect((await signIn(PASSWORD)).headers['retry-after']).toBe('2')
    await clock.advance(2000)
    expect((await signIn(PASSWORD)).status).toBe(201)
    expect((await signIn('not her password')).status).toBe(401)
  })

  test('one network cannot try many names', async () => {
    const limits = { signInPerNetwork: { count: 3, windowMs: HOUR_MS } }
    const { call } = await createTestApp({ limits })
    const statuses: number[] = []
    for (let name = 0; name < 5; name += 1) {
      const from = `192.0.2.${name}`
      statuses.push((await call('POST', '/api/v2/sessions', { ...credentials(`user${name}`), from })).status)
    }
    expect(statuses).toEqual([401, 401, 401, 429, 429])
  })
})

describe('requests of other sites', () => {
  const body = { name: 'x', scopes: ['events:read'] }

  test.each([
    ['says same-origin', { 'sec-fetch-site': 'same-origin' }, 201],
    ['says cross-site', { 'sec-fetch-site': 'cross-site' }, 403],
    ['says same-site', { 'sec-fetch-site': 'same-site' }, 403],
    ['names our origin', { origin: 'https://muster.example' }, 201],
    ['names the host it was sent to', { origin: 'http://inner:8080', host: 'inner:8080' }, 201],
    ['names another origin', { origin: 'https://evil.example' }, 403],
    ['has no origin (a sandboxed frame)', { origin: 'null' }, 403],
    ['says nothing', {}, 403],
  ])('a change by cookie that %s', async (_what, headers, status) => {
    const { signUp, app } = await createTestApp({ publicUrl: 'https://muster.example' })
    const { cookie } = await signUp('alice')
    const answer = await createCall(app, { cookie, ...headers })('POST', '/api/v2/tokens', { body })
    expect(answer.status).toBe(status)
    if (status === 403) expect(answer.json['code']).toBe('cross-site')
  })

  test('another site can neither sign a browser in nor read less than it may', async () => {
    const { call, signUp, app } = await createTestApp()
    const { cookie } = await signUp('alice')
    const headers = { 'sec-fetch-site': 'cross-site' }
    const signIn = await call('POST', '/api/v2/sessions', { ...credentials('alice'), headers })
    expect(signIn.json['code']).toBe('cross-site')
    expect((await createCall(app, { cookie, ...headers })('GET', '/api/v2/session')).status).toBe(200)
  })
})
