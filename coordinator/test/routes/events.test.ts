import { describe, expect, test } from 'vitest'
import { openStream, type SseClient } from '../sse-client.ts'
import { createTestApp, type TestAppOptions, type TestPerson, textAt } from '../test-app.ts'
import { untilWaiting } from '../test-pairing.ts'

async function start(options: TestAppOptions = {}) {
  const testApp = await createTestApp(options)
  const origin = await testApp.app.listen({ host: '127.0.0.1', port: 0 })
  // The cookie's name depends on the origin, which is known from here on.
  const [alice, bob] = [await testApp.signUp('alice'), await testApp.signUp('bob')]
  const open = async (person: TestPerson, query = '', headers: Readonly<Record<string, string>> = {}) => {
    const stream = await openStream(`${origin}/api/v2/events${query}`, { cookie: person.cookie, ...headers })
    if (stream.response.statusCode === 200) expect((await stream.next())?.retry).toBe('2000')
    return stream
  }
  return { testApp, alice, bob, open }
}

function makeContext(person: TestPerson, name: string) {
  return person.call('POST', '/api/v2/contexts', {
    body: { name, format: 'plain', body: 'secret text' },
    headers: { 'idempotency-key': name },
  })
}

async function read(stream: SseClient, count: number) {
  const events: Record<string, unknown>[] = []
  while (events.length < count) {
    const event = await stream.next()
    if (event === undefined) throw new Error('the stream ended')
    if (event.data !== undefined) events.push({ ...JSON.parse(event.data), id: event.id, event: event.event })
  }
  return events
}

describe('the event stream', () => {
  test('tells what happens from now on, of the own account alone, without contents', async () => {
    const { alice, bob, open } = await start()
    const stream = await open(alice)
    await makeContext(bob, 'not-mine')
    const made = await makeContext(alice, 'web')
    const [event] = await read(stream, 1)
    expect(event).toMatchObject({
      event: 'context-created',
      type: 'context-created',
      subject: textAt(made, 'id'),
      actor: alice.id,
      data: { name: 'web', format: 'plain' },
    })
    expect(event?.['id']).toBe(String(event?.['sequence']))
    expect(JSON.stringify(event)).not.toContain('secret text')
    expect(stream.response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
    })
  })

  test('replays what was missed, by Last-Event-ID or by a number in the query, without gaps or doubles', async () => {
    const { alice, open } = await start()
    for (let index = 0; index < 250; index += 1) await makeContext(alice, `c${index}`)
    const all = await read(await open(alice, '?after=0'), 252)
    const sequences = all.map((event) => Number(event['sequence']))
    expect(sequences).toEqual([...sequences].sort((left, right) => left - right))
    expect(new Set(sequences).size).toBe(252)
    const middle = String(all[100]?.['sequence'])
    const byHeader = await read(await open(alice, '?after=0', { 'last-event-id': middle }), 151)
    expect(byHeader).toEqual(all.slice(101))
    const live = await open(alice, `?after=${all.at(-1)?.['sequence']}`)
    await makeContext(alice, 'after-the-replay')
    expect(await read(live, 1)).toMatchObject([{ data: { name: 'after-the-replay' } }])
  })

  test('tells a client to resync that is too far behind, before what was pruned, or ahead of the log', async () => {
    const { testApp, alice, open } = await start({ limits: { replayedEvents: 5, eventRetentionMs: 60_000 } })
    for (let index = 0; index < 10; index += 1) await makeContext(alice, `c${index}`)
    const { latest } = await testApp.store.read.events.bounds()
    for (const after of [0, latest - 6, latest + 1]) {
      const stream = await open(alice, `?after=${after}`)
      const event = await stream.next()
      expect([event?.event, event?.id], String(after)).toEqual(['resync', String(latest)])
      expect(event?.data).toBe(JSON.stringify({ sequence: latest }))
      stream.close()
    }
    expect(await read(await open(alice, `?after=${latest - 5}`), 5)).toHaveLength(5)
    await testApp.clock.advance(120_000)
    await testApp.app.sweep()
    expect((await (await open(alice, `?after=${latest - 1}`)).next())?.event).toBe('resync')
    const current = await open(alice, `?after=${latest}`)
    await makeContext(alice, 'after-the-pruning')
    expect(await read(current, 1)).toMatchObject([{ sequence: latest + 1 }])
  })

  test('sends a comment each 15 seconds', async () => {
    const { testApp, alice, open } = await start()
    const stream = await open(alice)
    for (let beat = 0; beat < 2; beat += 1) {
      const next = stream.next()
      await untilWaiting(testApp)
      await testApp.clock.advance(15_000)
      expect((await next)?.comment).toBe('still here')
    }
  })

  test('is limited in number for each account, and a closed one makes room', async () => {
    const { testApp, alice, bob, open } = await start({ limits: { streamsPerAccount: 2 } })
    const first = await open(alice)
    await open(alice)
    expect((await open(alice)).response.statusCode).toBe(429)
    expect((await open(bob)).response.statusCode).toBe(200)
    first.close()
    await untilStreams(testApp, 2)
    expect((await open(alice)).response.statusCode).toBe(200)
  })

  test('ends when the server stops', async () => {
    const { testApp, alice, open } = await start()
    const stream = await open(alice)
    const ended = stream.next()
    await testApp.app.close()
    expect(await ended).toBeUndefined()
  })

  test('is refused without a right, with a bad number, and ignores an id that is none', async () => {
    const { testApp, alice, open } = await start()
    expect((await testApp.call('GET', '/api/v2/events')).status).toBe(401)
    expect((await open(alice, '?after=-1')).response.statusCode).toBe(400)
    expect((await open(alice, '', { 'last-event-id': 'abc' })).response.statusCode).toBe(200)
  })

  test('ends with the session or token that opened it', async () => {
    const { testApp, alice, open } = await start()
    const token = await alice.token('events:read')
    const byToken = await open(alice, '', { cookie: '', authorization: `Bearer ${token}` })
    const tokenId = textAt(await alice.call('GET', '/api/v2/tokens'), 'items.0.id')
    await alice.call('DELETE', `/api/v2/tokens/${tokenId}`)
    expect((await byToken.next())?.event).toBe('token-revoked')
    expect(await byToken.next()).toBeUndefined()
    const bySession = await open(alice)
    await alice.call('DELETE', '/api/v2/session')
    expect((await bySession.next())?.event).toBe('session-ended')
    expect(await bySession.next()).toBeUndefined()
    expect(testApp.log()).not.toContain('event stream failed')
  })
})

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}

async function untilStreams(testApp: Awaited<ReturnType<typeof createTestApp>>, count: number): Promise<void> {
  for (let look = 0; look < 1000; look += 1) {
    // Injected requests alone never let the process hear of a closed connection.
    await turn()
    const { text } = await testApp.call('GET', '/metrics')
    if (text.includes(`muster_coordinator_event_streams ${count}\n`)) return
  }
  throw new Error(`never ${count} streams`)
}
