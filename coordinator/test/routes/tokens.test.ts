import { describe, expect, test } from 'vitest'
import { bearer, createTestApp, listAt, pick, textAt } from '../test-app.ts'

const DAY_MS = 24 * 60 * 60_000

describe('API tokens', () => {
  test('a token does what its scopes say and nothing else', async () => {
    const { app, signUp } = await createTestApp()
    const alice = await signUp('alice')
    const reader = bearer(app, await alice.token('contexts:read'))
    expect((await reader('GET', '/api/v2/contexts')).status).toBe(200)
    expect((await reader('GET', '/api/v2/session')).json['scopes']).toEqual(['contexts:read'])
    const refused = await reader('POST', '/api/v2/contexts', { body: {}, headers: { 'idempotency-key': 'k' } })
    expect([refused.status, refused.json['code']]).toEqual([403, 'scope-missing'])
    expect((await reader('GET', '/api/v2/machines')).status).toBe(403)
    expect((await reader('GET', '/api/v2/events')).status).toBe(403)
    expect((await reader('POST', '/api/v2/pairings/claim', { body: { locator: 'BBBB' } })).status).toBe(403)
  })

  test('a token can neither make, list nor take back tokens', async () => {
    const { app, signUp } = await createTestApp()
    const alice = await signUp('alice')
    const token = bearer(app, await alice.token('contexts:read', 'contexts:write'))
    const wish = { name: 'more', scopes: ['machines:write'] }
    expect((await token('POST', '/api/v2/tokens', { body: wish })).json['code']).toBe('scope-missing')
    expect((await token('GET', '/api/v2/tokens')).status).toBe(403)
    const id = 'tok_00000000000000000000000000'
    expect((await token('DELETE', `/api/v2/tokens/${id}`)).status).toBe(403)
  })

  test('a token that was taken back, has expired or never was is refused alike', async () => {
    const { app, signUp, clock } = await createTestApp()
    const alice = await signUp('alice')
    const issued = await alice.call('POST', '/api/v2/tokens', {
      body: { name: 'a', scopes: ['contexts:read'], expiresInDays: 1 },
    })
    const revoked = await alice.token('contexts:read')
    const list = await alice.call('GET', '/api/v2/tokens')
    expect(listAt(list, 'items').map((item) => item['name'])).toEqual(['test', 'a'])
    expect(list.text).not.toContain('mst_')
    expect((await alice.call('DELETE', `/api/v2/tokens/${textAt(list, 'items.0.id')}`)).status).toBe(204)
    expect((await alice.call('DELETE', `/api/v2/tokens/${textAt(list, 'items.0.id')}`)).status).toBe(404)
    const read = (token: string) => bearer(app, token)('GET', '/api/v2/contexts')
    expect((await read(textAt(issued, 'token'))).status).toBe(200)
    await clock.advance(DAY_MS)
    for (const token of [revoked, textAt(issued, 'token'), `mst_${'a'.repeat(43)}`, 'mst_short', 'msm_wrong', '']) {
      const answer = await read(token)
      expect([answer.status, answer.json['code']], token).toEqual([401, 'not-signed-in'])
    }
  })

  test('signing out with a token takes that token back', async () => {
    const { app, signUp } = await createTestApp()
    const alice = await signUp('alice')
    const call = bearer(app, await alice.token('contexts:read'))
    expect((await call('DELETE', '/api/v2/session')).status).toBe(204)
    expect((await call('GET', '/api/v2/session')).status).toBe(401)
    expect((await alice.call('GET', '/api/v2/session')).status).toBe(200)
  })

  test('the last use is shown, and the number of tokens is limited', async () => {
    const { app, signUp, clock } = await createTestApp({ limits: { tokensPerAccount: 2 } })
    const alice = await signUp('alice')
    const token = await alice.token('contexts:read')
    await clock.advance(60_000)
    await bearer(app, token)('GET', '/api/v2/contexts')
    const list = await alice.call('GET', '/api/v2/tokens')
    expect(pick(list, 'items.0.lastUsedAt')).toBe('2026-11-22T12:01:00.000Z')
    await alice.token('contexts:read')
    const third = await alice.call('POST', '/api/v2/tokens', { body: { name: 'c', scopes: ['contexts:read'] } })
    expect([third.status, third.json['code']]).toEqual([409, 'too-many'])
  })

  test.each([
    [{ name: '', scopes: ['contexts:read'] }, ['/name']],
    [{ name: 'a', scopes: [] }, ['/scopes']],
    [{ name: 'a', scopes: ['root'] }, ['/scopes/0']],
    [{ scopes: ['contexts:read'], expiresInDays: 1000 }, ['/name', '/expiresInDays']],
  ])('a wish like %j is explained', async (body, pointers) => {
    const { signUp } = await createTestApp()
    const alice = await signUp('alice')
    const answer = await alice.call('POST', '/api/v2/tokens', { body })
    expect(answer.status).toBe(400)
    expect(listAt(answer, 'errors').map((item) => item['pointer'])).toEqual(pointers)
  })
})
