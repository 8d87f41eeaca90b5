import { describe, expect, test } from 'vitest'
import { bearer, createTestApp, listAt, pick, type TestApp, type TestPerson, textAt } from '../test-app.ts'
import {
  claimPairing,
  FACTS,
  issuePairing,
  PUBLIC_KEY,
  pairMachine,
  statusBody,
  type TestAgent,
  untilWaiting,
} from '../test-pairing.ts'

const MINUTE_MS = 60_000

async function start(): Promise<{ test: TestApp; alice: TestPerson; bob: TestPerson; agent: TestAgent }> {
  const testApp = await createTestApp({ publicUrl: 'https://muster.example' })
  const [alice, bob] = [await testApp.signUp('alice'), await testApp.signUp('bob')]
  return { test: testApp, alice, bob, agent: await issuePairing(testApp) }
}

function claim(person: TestPerson, locator: string) {
  return person.call('POST', '/api/v2/pairings/claim', { body: { locator } })
}

describe('a pairing', () => {
  test('goes from PIN through claim and messages to a machine of the claimant', async () => {
    const { alice, agent } = await start()
    const waiting = await agent.call('GET', `${agent.path}/messages?state=waiting`)
    expect(waiting.json).toEqual({ state: 'waiting', messages: [] })

    const claimed = await claim(alice, agent.locator)
    expect(claimed.json).toMatchObject({
      pairingId: agent.pairingId,
      facts: FACTS,
      agentPublicKey: PUBLIC_KEY,
      seenFrom: '127.0.0.1',
      accountId: alice.id,
      expiresAt: '2026-11-22T12:02:00.000Z',
    })
    const claimId = textAt(claimed, 'claimId')
    const post = (person: Pick<TestPerson, 'call'>, body: string) =>
      person.call('POST', `${agent.path}/messages`, { body: { claimId, body } })
    expect((await post(alice, 'aGVsbG8')).json).toEqual({ sequence: 1 })
    expect((await post(agent, 'd29ybGQ')).json).toEqual({ sequence: 2 })
    expect((await agent.call('GET', `${agent.path}/messages`)).json).toEqual({
      state: 'claimed',
      claimant: { claimId, accountId: alice.id, login: 'alice' },
      messages: [{ sequence: 1, claimId, body: 'aGVsbG8' }],
    })
    const mine = `${agent.path}/messages?claim=${claimId}`
    expect((await alice.call('GET', mine)).json).toEqual({
      state: 'claimed',
      messages: [{ sequence: 2, claimId, body: 'd29ybGQ' }],
    })
    expect(pick(await alice.call('GET', `${mine}&after=2`), 'messages')).toEqual([])

    const done = await agent.call('POST', `${agent.path}/complete`, { body: { claimId } })
    expect(done.json).toMatchObject({ owner: { accountId: alice.id, login: 'alice' } })
    expect((await post(agent, 'cGxhbg')).status).toBe(201)
    expect(pick(await alice.call('GET', mine), 'state')).toBe('completed')
    const machines = await alice.call('GET', '/api/v2/machines')
    expect(listAt(machines, 'items')).toMatchObject([{ id: done.json['machineId'], name: 'vm-1', isOnline: true }])
  })

  test('a repeated completion gives the same machine and a fresh token, and the old token is dead', async () => {
    const { test: testApp, alice, agent } = await start()
    const claimId = await claimPairing(alice, agent)
    const complete = () => agent.call('POST', `${agent.path}/complete`, { body: { claimId } })
    const [first, second] = [await complete(), await complete()]
    expect(second.json['machineId']).toBe(first.json['machineId'])
    const report = (token: string) =>
      bearer(testApp.app, token)('PUT', '/api/v2/machines/self/status', { body: statusBody() })
    expect((await report(textAt(first, 'machineToken'))).status).toBe(401)
    expect((await report(textAt(second, 'machineToken'))).status).toBe(204)
    await alice.call('DELETE', `/api/v2/machines/${textAt(first, 'machineId')}`)
    expect((await complete()).json['code']).toBe('claim-ended')
  })

  test('a machine that its owner pairs again keeps id and name; for another owner it is another machine', async () => {
    const { test: testApp, alice, bob } = await start()
    const first = await pairMachine(testApp, alice)
    expect((await pairMachine(testApp, alice)).id).toBe(first.id)
    expect((await pairMachine(testApp, bob)).id).not.toBe(first.id)
    expect((await pairMachine(testApp, alice, { publicKey: 'B'.repeat(43) })).id).not.toBe(first.id)
    expect((await alice.call('GET', `/api/v2/machines/${first.id}`)).status).toBe(200)
  })

  test('a name that the machine gives itself becomes a display name', async () => {
    const { test: testApp, alice } = await start()
    const { id } = await pairMachine(testApp, alice, { hostname: 'a/b@c\n' })
    expect((await alice.call('GET', `/api/v2/machines/${id}`)).json['name']).toBe('a-b-c-')
  })

  test('the PIN is told where to be typed', async () => {
    const { test: testApp } = await start()
    const issued = await testApp.call('POST', '/api/v2/pairings', {
      body: { facts: FACTS, agentPublicKey: PUBLIC_KEY },
    })
    expect(issued.json).toMatchObject({
      verificationUrl: 'muster.example/pair',
      expiresAt: '2026-11-22T12:15:00.000Z',
    })
  })

  test('facts out of bounds are explained', async () => {
    const { test: testApp } = await start()
    const body = { facts: { ...FACTS, cpus: 0, addresses: Array(17).fill('::1') }, agentPublicKey: 'short' }
    const refused = await testApp.call('POST', '/api/v2/pairings', { body })
    expect(listAt(refused, 'errors').map((item) => item['pointer'])).toEqual([
      '/facts/cpus',
      '/facts/addresses',
      '/agentPublicKey',
    ])
  })
})

describe('a claim', () => {
  test('of two at the same moment one wins, and the other learns no more than that the PIN is unknown', async () => {
    const { alice, bob, agent } = await start()
    const answers = await Promise.all([claim(alice, agent.locator), claim(bob, agent.locator)])
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, 404])
  })

  test('unknown, taken, used, burned and expired PINs get the same answer', async () => {
    const { test: testApp, alice, bob, agent: taken } = await start()
    await claimPairing(alice, taken)
    const used = await issuePairing(testApp)
    const claimId = await claimPairing(alice, used)
    await used.call('POST', `${used.path}/complete`, { body: { claimId } })
    const burned = await issuePairing(testApp)
    await burned.call('DELETE', burned.path)
    const expired = await issuePairing(testApp)
    const headers = { 'x-request-id': 'the-same-id' }
    const answers: string[] = []
    for (const locator of ['ZZZZ', taken.locator, used.locator, burned.locator]) {
      const answer = await bob.call('POST', '/api/v2/pairings/claim', { body: { locator }, headers })
      expect([answer.status, answer.json['code']]).toEqual([404, 'pin-unknown'])
      answers.push(answer.text)
    }
    await testApp.clock.advance(15 * MINUTE_MS)
    const body = { locator: expired.locator }
    answers.push((await bob.call('POST', '/api/v2/pairings/claim', { body, headers })).text)
    expect(new Set(answers).size).toBe(1)
  })

  test('that is rejected lets the pairing wait again, and the claimant learns why', async () => {
    const { alice, bob, agent } = await start()
    const claimId = await claimPairing(alice, agent)
    await agent.call('POST', `${agent.path}/messages`, { body: { claimId, body: 'bGFzdA' } })
    const body = { claimId, reason: 'wrong-pin' }
    expect((await agent.call('POST', `${agent.path}/reject-claim`, { body })).status).toBe(204)
    expect((await agent.call('POST', `${agent.path}/reject-claim`, { body })).status).toBe(204)
    expect((await agent.call('GET', `${agent.path}/messages`)).json).toEqual({ state: 'waiting', messages: [] })
    const mine = `${agent.path}/messages?claim=${claimId}`
    expect((await alice.call('GET', mine)).json).toMatchObject({
      state: 'waiting',
      claimEnd: 'wrong-pin',
      messages: [{ body: 'bGFzdA' }],
    })
    const post = await alice.call('POST', `${agent.path}/messages`, { body: { claimId, body: 'eA' } })
    expect([post.status, post.json['code']]).toEqual([410, 'claim-ended'])
    expect((await agent.call('POST', `${agent.path}/complete`, { body: { claimId } })).status).toBe(410)
    await claimPairing(bob, agent)
    expect((await alice.call('GET', mine)).json).toEqual({ state: 'waiting', claimEnd: 'wrong-pin', messages: [] })
  })

  test('can be given up, and then somebody else may claim', async () => {
    const { alice, bob, agent } = await start()
    const claimId = await claimPairing(alice, agent)
    expect((await bob.call('DELETE', `${agent.path}/claim?claim=${claimId}`)).status).toBe(404)
    expect((await alice.call('DELETE', `${agent.path}/claim?claim=${claimId}`)).status).toBe(204)
    expect((await alice.call('DELETE', `${agent.path}/claim?claim=${claimId}`)).status).toBe(204)
    await claimPairing(bob, agent)
    expect(pick(await agent.call('GET', `${agent.path}/messages`), 'claimant.login')).toBe('bob')
  })

  test('of the same person replaces her own, as after a reloaded page', async () => {
    const { alice, agent } = await start()
    const first = await claimPairing(alice, agent)
    const second = await claimPairing(alice, agent)
    expect(second).not.toBe(first)
    const old = await alice.call('GET', `${agent.path}/messages?claim=${first}`)
    expect(old.json).toMatchObject({ state: 'waiting', claimEnd: 'given-up' })
  })

  test('that is not completed within two minutes is over', async () => {
    const { test: testApp, alice, bob, agent } = await start()
    const claimId = await claimPairing(alice, agent)
    await testApp.clock.advance(2 * MINUTE_MS)
    expect((await agent.call('POST', `${agent.path}/complete`, { body: { claimId } })).json['code']).toBe('claim-ended')
    const mine = await alice.call('GET', `${agent.path}/messages?claim=${claimId}`)
    expect(mine.json).toMatchObject({ state: 'waiting', claimEnd: 'timed-out' })
    await claimPairing(bob, agent)
  })

  test('needs a right and a locator of four letters', async () => {
    const { test: testApp, alice } = await start()
    expect((await testApp.call('POST', '/api/v2/pairings/claim', { body: { locator: 'BCDF' } })).status).toBe(401)
    for (const locator of ['bcdf', 'BCD', 'BCDFG', 'AEIO']) expect((await claim(alice, locator)).status).toBe(400)
  })
})

describe('the mailbox', () => {
  test('a waiting agent hears of a claim, and a waiting claimant of a message, at once', async () => {
    const { alice, agent } = await start()
    const agentWaits = agent.call('GET', `${agent.path}/messages?state=waiting&waitMs=25000`)
    const claimId = await claimPairing(alice, agent)
    expect(pick(await agentWaits, 'claimant.claimId')).toBe(claimId)
    const claimantWaits = alice.call('GET', `${agent.path}/messages?claim=${claimId}&state=claimed&waitMs=25000`)
    await agent.call('POST', `${agent.path}/messages`, { body: { claimId, body: 'eA' } })
    expect(pick(await claimantWaits, 'messages.0.body')).toBe('eA')
    const claimChanges = agent.call('GET', `${agent.path}/messages?state=claimed&claim=${claimId}&waitMs=25000`)
    const next = await claimPairing(alice, agent)
    expect(pick(await claimChanges, 'claimant.claimId')).toBe(next)
  })

  test('a wait ends with its time, with the end of the claim, and with the end of the PIN', async () => {
    const { test: testApp, alice, agent } = await start()
    const { clock } = testApp
    const poll = agent.call('GET', `${agent.path}/messages?state=waiting&waitMs=25000`)
    await untilWaiting(testApp)
    await clock.advance(25_000)
    expect((await poll).json).toEqual({ state: 'waiting', messages: [] })
    const claimId = await claimPairing(alice, agent)
    await clock.advance(2 * MINUTE_MS - 5000)
    const longer = alice.call('GET', `${agent.path}/messages?claim=${claimId}&state=claimed&waitMs=25000`)
    await untilWaiting(testApp)
    await clock.advance(5000)
    expect(pick(await longer, 'claimEnd')).toBe('timed-out')
    await clock.advance(15 * MINUTE_MS - 2 * MINUTE_MS - 25_000 - 1000)
    const last = agent.call('GET', `${agent.path}/messages?state=waiting&waitMs=25000`)
    await untilWaiting(testApp)
    await clock.advance(1000)
    expect((await last).json['state']).toBe('expired')
  })

  test('the number of waiting requests for one pairing is bounded', async () => {
    const { test: testApp, agent } = await start()
    const polls = Array.from({ length: 7 }, () => agent.call('GET', `${agent.path}/messages?state=waiting&waitMs=9000`))
    await untilWaiting(testApp, 6)
    expect((await Promise.race(polls)).status).toBe(429)
    await testApp.clock.advance(9000)
    const statuses = (await Promise.all(polls)).map((answer) => answer.status)
    expect(statuses.sort()).toEqual([200, 200, 200, 200, 200, 200, 429])
    for (const query of ['waitMs=25001', 'after=1e300']) {
      expect((await agent.call('GET', `${agent.path}/messages?${query}`)).status).toBe(400)
    }
  })

  test('waiting requests are answered when the server stops', async () => {
    const { test: testApp, agent } = await start()
    const poll = agent.call('GET', `${agent.path}/messages?state=waiting&waitMs=25000`)
    await untilWaiting(testApp)
    await testApp.app.close()
    expect((await poll).status).toBe(200)
  })

  test('is bounded in messages and in size', async () => {
    const { alice, bob, agent } = await start()
    const claimId = await claimPairing(alice, agent)
    const post = (body: string) => agent.call('POST', `${agent.path}/messages`, { body: { claimId, body } })
    for (let count = 0; count < 4; count += 1) expect((await post('x'.repeat(1_900_000))).status).toBe(201)
    expect((await post('x'.repeat(500_000))).json['code']).toBe('mailbox-full')
    expect((await post('x'.repeat(2_000_001))).status).toBe(400)
    expect((await post('x'.repeat(3_000_000))).status).toBe(413)
    expect((await post('no base64url!')).status).toBe(400)
    for (let count = 4; count < 200; count += 1) expect((await post('eA')).status).toBe(201)
    expect((await post('eA')).json['code']).toBe('mailbox-full')
    await agent.call('POST', `${agent.path}/reject-claim`, { body: { claimId, reason: 'declined' } })
    const next = await claimPairing(bob, agent)
    const fresh = await agent.call('POST', `${agent.path}/messages`, { body: { claimId: next, body: 'eA' } })
    expect(fresh.json).toEqual({ sequence: 201 })
  })

  test('is closed 30 minutes after completion, and its messages are gone after the sweep', async () => {
    const { test: testApp, alice, agent } = await start()
    const claimId = await claimPairing(alice, agent)
    await agent.call('POST', `${agent.path}/complete`, { body: { claimId } })
    await testApp.clock.advance(29 * MINUTE_MS)
    expect((await agent.call('POST', `${agent.path}/messages`, { body: { claimId, body: 'eA' } })).status).toBe(201)
    expect((await alice.call('GET', `${agent.path}/messages?claim=${claimId}`)).status).toBe(200)
    await testApp.clock.advance(MINUTE_MS)
    expect((await alice.call('GET', `${agent.path}/messages?claim=${claimId}`)).status).toBe(404)
    const late = await agent.call('POST', `${agent.path}/messages`, { body: { claimId, body: 'eA' } })
    expect(late.json['code']).toBe('claim-ended')
    await testApp.app.sweep()
    expect(await testApp.store.read.pairings.byId(agent.pairingId)).toBeUndefined()
  })

  test('is of no use to strangers: other agents, other people, other claims', async () => {
    const { test: testApp, alice, bob, agent } = await start()
    const claimId = await claimPairing(alice, agent)
    const other = await issuePairing(testApp)
    const body = { claimId, body: 'eA' }
    expect((await other.call('POST', `${agent.path}/messages`, { body })).status).toBe(404)
    expect((await other.call('DELETE', agent.path)).status).toBe(404)
    expect((await bob.call('POST', `${agent.path}/messages`, { body })).status).toBe(404)
    expect((await bob.call('GET', `${agent.path}/messages?claim=${claimId}`)).status).toBe(404)
    expect((await alice.call('GET', `${agent.path}/messages`)).status).toBe(404)
    expect((await testApp.call('GET', `${agent.path}/messages`)).status).toBe(401)
    const forged = bearer(testApp.app, `msa_${'a'.repeat(43)}`)
    expect((await forged('GET', `${agent.path}/messages`)).status).toBe(401)
    expect((await agent.call('GET', '/api/v2/machines')).status).toBe(401)
  })
})

describe('a restart of the coordinator', () => {
  test('in the middle of a pairing loses neither claim nor messages', async () => {
    const { test: testApp, alice, agent } = await start()
    const claimId = await claimPairing(alice, agent)
    await alice.call('POST', `${agent.path}/messages`, { body: { claimId, body: 'aGVsbG8' } })
    await testApp.close()
    const again = await createTestApp({ folder: testApp.folder, clock: testApp.clock })
    const headers = { authorization: `Bearer ${agent.token}` }
    const read = await again.call('GET', `${agent.path}/messages`, { headers })
    expect(read.json).toMatchObject({ state: 'claimed', messages: [{ body: 'aGVsbG8' }] })
    expect((await again.call('POST', `${agent.path}/complete`, { headers, body: { claimId } })).status).toBe(201)
  })
})

describe('a burned PIN', () => {
  test('ends the claim, frees the locator and deletes the messages', async () => {
    const { test: testApp, alice, agent } = await start()
    const claimId = await claimPairing(alice, agent)
    await agent.call('POST', `${agent.path}/messages`, { body: { claimId, body: 'eA' } })
    const waits = alice.call('GET', `${agent.path}/messages?claim=${claimId}&after=1&state=claimed&waitMs=25000`)
    await untilWaiting(testApp)
    expect((await agent.call('DELETE', agent.path)).status).toBe(204)
    expect((await waits).json).toEqual({ state: 'burned', messages: [] })
    expect((await agent.call('DELETE', agent.path)).status).toBe(204)
    expect((await agent.call('GET', `${agent.path}/messages`)).json).toEqual({ state: 'burned', messages: [] })
  })
})
