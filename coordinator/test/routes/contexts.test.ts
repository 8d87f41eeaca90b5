import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Answer, createTestApp, listAt, pick, type TestPerson, textAt } from '../test-app.ts'
import { pairMachine, statusBody } from '../test-pairing.ts'

const PATH = '/api/v2/contexts'
const SEALED = `-----BEGIN AGE ENCRYPTED FILE-----
YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNjcnlwdCBhYmM=
-----END AGE ENCRYPTED FILE-----
`
let keys = 0

function create(person: TestPerson, change: Readonly<Record<string, unknown>> = {}): Promise<Answer> {
  keys += 1
  const body = { name: 'web', format: 'plain', body: '[amiconfig]\nplugins=cernvm\n', ...change }
  return person.call('POST', PATH, { body, headers: { 'idempotency-key': `key-${keys}` } })
}

function publish(person: TestPerson, context: Answer, change: Readonly<Record<string, unknown>> = {}): Promise<Answer> {
  keys += 1
  const headers = { 'idempotency-key': `key-${keys}`, 'if-match': context.headers['etag'] ?? '' }
  const body = { format: 'plain', body: 'text', ...change }
  return person.call('POST', `${PATH}/${textAt(context, 'id')}/versions`, { body, headers })
}

describe('contexts', () => {
  test('a context is made, read, gets versions that never change, and is listed newest first', async () => {
    const { signUp, clock } = await createTestApp()
    const alice = await signUp('alice')
    const made = await create(alice, { note: 'first' })
    expect(made.status).toBe(201)
    const id = textAt(made, 'id')
    expect(made.headers['location']).toBe(`${PATH}/${id}`)
    await clock.advance(1000)
    const second = await publish(alice, made, { body: 'zweite Fassung ✓', note: 'second' })
    expect(second.status).toBe(201)
    expect(second.json).toMatchObject({
      latest: {
        version: 2,
        note: 'second',
        sizeBytes: Buffer.byteLength('zweite Fassung ✓'),
        digest: createHash('sha256').update('zweite Fassung ✓').digest('hex'),
      },
      updatedAt: '2026-11-22T12:00:01.000Z',
    })
    expect(second.headers['etag']).not.toBe(made.headers['etag'])
    const first = await alice.call('GET', `${PATH}/${id}/versions/1`)
    expect(first.json).toMatchObject({ version: 1, body: '[amiconfig]\nplugins=cernvm\n', contextName: 'web' })
    expect((await alice.call('GET', `${PATH}/${id}/versions/3`)).status).toBe(404)
    const versions = await alice.call('GET', `${PATH}/${id}/versions`)
    expect(listAt(versions, 'items').map((item) => item['note'])).toEqual(['second', 'first'])
    const read = await alice.call('GET', `${PATH}/${id}`)
    expect(read.headers['etag']).toBe(second.headers['etag'])
    expect(read.json).toEqual(second.json)
  })

  test('lists are narrowed by exact name and by part of name or description', async () => {
    const { signUp } = await createTestApp()
    const alice = await signUp('alice')
    await create(alice, { name: 'web', description: 'Apache for the 100% case' })
    await create(alice, { name: 'Webmail' })
    await create(alice, { name: 'batch' })
    const names = async (query: string) =>
      listAt(await alice.call('GET', `${PATH}?${query}`), 'items').map((item) => item['name'])
    expect(await names('name=web')).toEqual(['web'])
    expect(await names('query=WEB')).toEqual(['Webmail', 'web'])
    expect(await names('query=apache')).toEqual(['web'])
    expect(await names('query=100%25')).toEqual(['web'])
    expect(await names('query=%25')).toEqual(['web'])
    expect(await names('query=_')).toEqual([])
    for (const nul of ['query=%00', 'name=%00']) expect((await alice.call('GET', `${PATH}?${nul}`)).status).toBe(400)
  })

  test('a name is unique for its owner, in any Unicode form, and free for others', async () => {
    const { signUp } = await createTestApp()
    const [alice, bob] = [await signUp('alice'), await signUp('bob')]
    await create(alice, { name: 'Zürich' })
    const again = await create(alice, { name: 'Zu\u0308rich' })
    expect([again.status, again.json['code']]).toEqual([409, 'name-taken'])
    expect((await create(bob, { name: 'Zürich' })).status).toBe(201)
    const other = await create(alice, { name: 'Genève' })
    const renamed = await alice.call('PATCH', `${PATH}/${textAt(other, 'id')}`, {
      body: { name: 'Zürich' },
      headers: { 'if-match': other.headers['etag'] ?? '' },
    })
    expect(renamed.json['code']).toBe('name-taken')
  })

  test('sealed bodies are kept as they are and must be sealed', async () => {
    const { signUp } = await createTestApp()
    const alice = await signUp('alice')
    const sealed = await create(alice, { format: 'age', body: SEALED })
    expect(sealed.status).toBe(201)
    const read = await alice.call('GET', `${PATH}/${textAt(sealed, 'id')}/versions/1`)
    expect(read.json).toMatchObject({ format: 'age', body: SEALED })
    for (const body of ['[amiconfig]\n', `${SEALED}more`, `x${SEALED}`, SEALED.replace('YWdl', '!!!!'), '']) {
      const refused = await create(alice, { name: 'other', format: 'age', body })
      expect([refused.status, refused.json['code']], body).toEqual([422, 'not-sealed'])
    }
  })

  test('bodies that are too large or not text are refused and nothing is stored', async () => {
    const { signUp } = await createTestApp()
    const alice = await signUp('alice')
    const cases: readonly (readonly [string, number, string])[] = [
      ['x'.repeat(1_048_577), 413, 'too-large'],
      ['é'.repeat(600_000), 413, 'too-large'],
      ['x'.repeat(1_500_001), 400, 'invalid-request'],
      ['a\ud800b', 422, 'not-text'],
      ['a\0b', 400, 'malformed-json'],
      ['x'.repeat(4_000_000), 413, 'too-large'],
    ]
    for (const [body, status, code] of cases) {
      const refused = await create(alice, { body })
      expect([refused.status, refused.json['code']], `${body.slice(0, 5)} × ${body.length}`).toEqual([status, code])
    }
    expect(listAt(await alice.call('GET', PATH), 'items')).toEqual([])
    expect((await create(alice, { body: 'x'.repeat(1_048_576) })).status).toBe(201)
    expect((await create(alice, { name: 'backslashes', body: 'literally \\u0000' })).status).toBe(201)
  })

  test('the number of contexts is limited', async () => {
    const { signUp } = await createTestApp({ limits: { contextsPerAccount: 1 } })
    const alice = await signUp('alice')
    await create(alice)
    expect((await create(alice, { name: 'more' })).json['code']).toBe('too-many')
  })

  test('a context that a machine uses cannot be deleted, and its versions count their machines', async () => {
    const testApp = await createTestApp()
    const alice = await testApp.signUp('alice')
    const made = await create(alice)
    const id = textAt(made, 'id')
    const machine = await pairMachine(testApp, alice)
    const context = { id, name: 'web', version: 1, digest: '0'.repeat(64) }
    await machine.call('PUT', '/api/v2/machines/self/status', { body: statusBody({ context }) })
    expect(pick(await alice.call('GET', `${PATH}/${id}`), 'latest.machineCount')).toBe(1)
    const headers = { 'if-match': made.headers['etag'] ?? '' }
    const refused = await alice.call('DELETE', `${PATH}/${id}`, { headers })
    expect([refused.status, refused.json['code']]).toEqual([409, 'context-in-use'])
    await alice.call('DELETE', `/api/v2/machines/${machine.id}`)
    expect((await alice.call('DELETE', `${PATH}/${id}`, { headers })).status).toBe(204)
    expect((await alice.call('GET', `${PATH}/${id}`)).status).toBe(404)
    expect((await create(alice)).status).toBe(201)
  })
})

describe('If-Match', () => {
  test.each(['PATCH', 'DELETE', 'POST'] as const)('%s needs it, and a stale one changes nothing', async (method) => {
    const { signUp } = await createTestApp()
    const alice = await signUp('alice')
    const made = await create(alice)
    const current = await publish(alice, made)
    const own = `${PATH}/${textAt(made, 'id')}`
    const path = method === 'POST' ? `${own}/versions` : own
    const body = method === 'POST' ? { format: 'plain', body: 'third' } : { description: 'new' }
    const change = (headers: Readonly<Record<string, string>>) =>
      alice.call(method, path, {
        headers: { 'idempotency-key': 'once', ...headers },
        ...(method === 'DELETE' ? {} : { body }),
      })
    const missing = await change({})
    expect([missing.status, missing.json['code']]).toEqual([428, 'precondition-required'])
    for (const stale of [made.headers['etag'] ?? '', `W/${current.headers['etag']}`, '"other"']) {
      const refused = await change({ 'if-match': stale })
      expect([refused.status, refused.headers['etag']], stale).toEqual([412, current.headers['etag']])
    }
    expect((await alice.call('GET', own)).json).toEqual(current.json)
    const done = await change({ 'if-match': `"other", ${current.headers['etag']}` })
    expect(done.status).toBe({ PATCH: 200, DELETE: 204, POST: 201 }[method])
  })

  test('of two changes from the same state one wins', async () => {
    const { signUp } = await createTestApp()
    const alice = await signUp('alice')
    const made = await create(alice)
    const answers = await Promise.all([publish(alice, made, { body: 'left' }), publish(alice, made, { body: 'right' })])
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, 412])
  })

  test('a change to the same values keeps the ETag', async () => {
    const { signUp } = await createTestApp()
    const alice = await signUp('alice')
    const made = await create(alice)
    const headers = { 'if-match': made.headers['etag'] ?? '' }
    const same = await alice.call('PATCH', `${PATH}/${textAt(made, 'id')}`, { body: { name: 'web' }, headers })
    expect(same.headers['etag']).toBe(made.headers['etag'])
  })
})

describe('Idempotency-Key', () => {
  const wish = { name: 'web', format: 'plain', body: 'text' }
  const post = (person: TestPerson, key: string | undefined, body: unknown = wish) =>
    person.call('POST', PATH, { body, headers: key === undefined ? {} : { 'idempotency-key': key } })

  test('the same request gets the stored answer, another body is refused, another account is another', async () => {
    const { signUp } = await createTestApp()
    const [alice, bob] = [await signUp('alice'), await signUp('bob')]
    const first = await post(alice, 'k')
    const again = await post(alice, 'k', { body: 'text', format: 'plain', name: 'web' })
    expect(again.headers['idempotency-replayed']).toBe('true')
    expect([again.status, again.text, again.headers['etag']]).toEqual([201, first.text, first.headers['etag']])
    const reused = await post(alice, 'k', { ...wish, body: 'other' })
    expect([reused.status, reused.json['code']]).toEqual([422, 'idempotency-key-reused'])
    expect((await post(bob, 'k')).json['id']).not.toBe(first.json['id'])
    expect(listAt(await alice.call('GET', PATH), 'items')).toHaveLength(1)
  })

  test('without a key, or with one that is none, nothing is made', async () => {
    const { signUp } = await createTestApp()
    const alice = await signUp('alice')
    expect((await post(alice, undefined)).json['code']).toBe('idempotency-key-missing')
    expect((await post(alice, 'has space')).json['code']).toBe('invalid-request')
    expect((await post(alice, 'k'.repeat(201))).status).toBe(400)
    expect(listAt(await alice.call('GET', PATH), 'items')).toEqual([])
  })

  test('the same request many times at the same moment makes one context', async () => {
    const { signUp } = await createTestApp()
    const alice = await signUp('alice')
    const answers = await Promise.all(Array.from({ length: 10 }, () => post(alice, 'k')))
    expect(new Set(answers.filter((answer) => answer.status === 201).map((answer) => answer.text)).size).toBe(1)
    expect(answers.filter((answer) => answer.status !== 201 && answer.status !== 409)).toEqual([])
    expect(listAt(await alice.call('GET', PATH), 'items')).toHaveLength(1)
  })

  test('a refused request may be repeated with its key, and after 24 hours a key is new', async () => {
    const { signUp, clock } = await createTestApp()
    const alice = await signUp('alice')
    expect((await post(alice, 'k', { ...wish, format: 'age' })).status).toBe(422)
    const made = await post(alice, 'k')
    expect(made.status).toBe(201)
    await clock.advance(11 * 60 * 60_000)
    await alice.call('GET', '/api/v2/session')
    await clock.advance(11 * 60 * 60_000)
    await alice.call('GET', '/api/v2/session')
    expect((await post(alice, 'k')).text).toBe(made.text)
    await clock.advance(2 * 60 * 60_000)
    expect((await post(alice, 'k')).json['code']).toBe('name-taken')
  })
})

describe('pages', () => {
  test('every page size walks through all items once, newest first', async () => {
    const { signUp, clock } = await createTestApp()
    const alice = await signUp('alice')
    const total = 23
    for (let index = 0; index < total; index += 1) {
      await create(alice, { name: `context-${index}` })
      await clock.advance(1)
    }
    const expected = Array.from({ length: total }, (_, index) => `context-${total - 1 - index}`)
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: total + 5 }), async (limit) => {
        const seen: unknown[] = []
        let next: string | undefined = `${PATH}?limit=${limit}`
        while (next !== undefined) {
          const page: Answer = await alice.call('GET', next)
          expect(page.status).toBe(200)
          const items = listAt(page, 'items')
          expect(items.length).toBeLessThanOrEqual(limit)
          seen.push(...items.map((item) => item['name']))
          next = /^<([^>]+)>; rel="next"$/.exec(page.headers['link'] ?? '')?.[1]
          expect(next === undefined).toBe(page.json['nextCursor'] === undefined)
        }
        expect(seen).toEqual(expected)
      }),
      { seed: 7, numRuns: 15 },
    )
  })

  test('what is made or deleted between two pages neither repeats nor hides the others', async () => {
    const { signUp, clock } = await createTestApp()
    const alice = await signUp('alice')
    for (const name of ['a', 'b', 'c', 'd']) {
      await create(alice, { name })
      await clock.advance(1)
    }
    const first = await alice.call('GET', `${PATH}?limit=2`)
    await create(alice, { name: 'new' })
    const gone = listAt(first, 'items')[1]
    await alice.call('DELETE', `${PATH}/${gone?.['id']}`, { headers: { 'if-match': '*' } })
    const second = await alice.call('GET', `${PATH}?limit=2&cursor=${textAt(first, 'nextCursor')}`)
    expect(listAt(second, 'items').map((item) => item['name'])).toEqual(['b', 'a'])
  })

  test('a cursor that was changed, made up or taken from another list is refused', async () => {
    const { signUp } = await createTestApp()
    const [alice, bob] = [await signUp('alice'), await signUp('bob')]
    for (const person of [alice, bob]) for (const name of ['a', 'b']) await create(person, { name })
    const cursor = textAt(await alice.call('GET', `${PATH}?limit=1`), 'nextCursor')
    const last = cursor.at(-2) === 'A' ? 'B' : 'A'
    const changed = `${cursor.slice(0, -2)}${last}${cursor.slice(-1)}`
    const tries = [`${PATH}?cursor=${changed}`, `${PATH}?cursor=xyz`, `${PATH}?query=a&cursor=${cursor}`]
    for (const path of [...tries, `/api/v2/machines?cursor=${cursor}`]) {
      expect((await alice.call('GET', path)).json['code'], path).toBe('invalid-cursor')
    }
    expect((await bob.call('GET', `${PATH}?cursor=${cursor}`)).json['code']).toBe('invalid-cursor')
    for (const limit of ['0', '201', 'many', '1.5']) {
      expect((await alice.call('GET', `${PATH}?limit=${limit}`)).status, limit).toBe(400)
    }
  })
})
