import { describe, expect, test } from 'vitest'
import { createTestApp, type TestAppOptions, type TestPerson } from '../test-app.ts'
import { claimPairing, FACTS, issuePairing, PUBLIC_KEY } from '../test-pairing.ts'

const MINUTE_MS = 60_000
const CONSONANTS = 'BCDFGHJKLMNPQRSTVWXZ'

/** The n-th locator of a scan. */
function guess(number: number): string {
  const letter = (power: number) => CONSONANTS.charAt(Math.floor(number / 20 ** power) % 20)
  return [3, 2, 1, 0].map(letter).join('')
}

function claim(person: TestPerson, locator: string, from?: string, headers: Readonly<Record<string, string>> = {}) {
  const body = { locator }
  return person.call('POST', '/api/v2/pairings/claim', { body, headers, ...(from === undefined ? {} : { from }) })
}

async function start(options: TestAppOptions = {}) {
  const testApp = await createTestApp(options)
  return { testApp, alice: await testApp.signUp('alice'), agent: await issuePairing(testApp) }
}

describe('scanning of locators', () => {
  test('by one account stops after 5 wrong ones, even for a right one, and goes on after 10 minutes', async () => {
    const { testApp, alice, agent } = await start()
    for (let number = 0; number < 5; number += 1) {
      expect((await claim(alice, guess(number), `198.51.${number}.1`)).status).toBe(404)
      await testApp.clock.advance(MINUTE_MS)
    }
    const refused = await claim(alice, agent.locator)
    expect([refused.status, refused.json['code'], refused.headers['retry-after']]).toEqual([429, 'slow-down', '300'])
    await testApp.clock.advance(5 * MINUTE_MS)
    expect((await claim(alice, agent.locator)).status).toBe(201)
  })

  test('by many accounts of one network stops, by IPv4 /24 and by IPv6 /64', async () => {
    const { testApp } = await start({ limits: { wrongClaimsPerNetwork: { count: 6, windowMs: 10 * MINUTE_MS } } })
    const networks: readonly ((host: number) => string)[] = [
      (host) => `192.0.2.${host}`,
      (host) => `2001:db8:1:2:${host}::1`,
    ]
    for (const [index, address] of networks.entries()) {
      const statuses: number[] = []
      for (let number = 0; number < 9; number += 1) {
        const person = await testApp.signUp(`user${index}-${number}`)
        statuses.push((await claim(person, guess(number), address(number + 1))).status)
      }
      expect(statuses).toEqual([404, 404, 404, 404, 404, 404, 429, 429, 429])
    }
    const elsewhere = await testApp.signUp('elsewhere')
    expect((await claim(elsewhere, guess(1), '2001:db8:1:3::1')).status).toBe(404)
  })

  test('by many accounts and many addresses stops at the budget of all, and legitimate claims cost nothing', async () => {
    const { testApp, alice } = await start({ limits: { wrongClaimsInAll: { count: 8, windowMs: 10 * MINUTE_MS } } })
    const statuses: number[] = []
    for (let number = 0; number < 10; number += 1) {
      if (number < 8) await claimPairing(alice, await issuePairing(testApp))
      const person = await testApp.signUp(`user${number}`, `203.0.${number}.1`)
      statuses.push((await claim(person, guess(number), `198.51.${number}.1`)).status)
    }
    expect(statuses).toEqual([...Array(8).fill(404), 429, 429])
  })

  test('wrong PINs that machines report count as wrong tries', async () => {
    const { testApp, alice } = await start()
    for (let number = 0; number < 5; number += 1) {
      const agent = await issuePairing(testApp)
      const claimId = await claimPairing(alice, agent)
      await agent.call('POST', `${agent.path}/reject-claim`, { body: { claimId, reason: 'wrong-pin' } })
    }
    const next = await issuePairing(testApp)
    expect((await claim(alice, next.locator)).status).toBe(429)
  })

  test('declined claims do not count as wrong tries, but the claims of one account are limited', async () => {
    const { alice, agent } = await start({ limits: { claimsPerAccount: { count: 8, windowMs: 10 * MINUTE_MS } } })
    for (let number = 0; number < 8; number += 1) {
      const claimId = await claimPairing(alice, agent)
      await agent.call('POST', `${agent.path}/reject-claim`, { body: { claimId, reason: 'declined' } })
    }
    expect((await claim(alice, agent.locator)).status).toBe(429)
  })

  test('tries at the same moment do not slip below the limit, and a restart forgives nothing', async () => {
    const { testApp, alice } = await start()
    const answers = await Promise.all(Array.from({ length: 20 }, (_, number) => claim(alice, guess(number))))
    expect(answers.filter((answer) => answer.status === 404)).toHaveLength(5)
    await testApp.close()
    const again = await createTestApp({ folder: testApp.folder, clock: testApp.clock })
    const headers = { cookie: alice.cookie, 'sec-fetch-site': 'same-origin' }
    const body = { locator: 'BBBB' }
    expect((await again.call('POST', '/api/v2/pairings/claim', { headers, body })).status).toBe(429)
  })

  test('limited and refused claims are counted', async () => {
    const { testApp, alice } = await start()
    for (let number = 0; number < 6; number += 1) await claim(alice, guess(number))
    const { text } = await testApp.call('GET', '/metrics')
    expect(text).toContain('muster_coordinator_claims_refused_total{reason="unknown"} 5')
    expect(text).toContain('muster_coordinator_claims_refused_total{reason="limited"} 1')
  })
})

describe('the address of a request', () => {
  const limits = { wrongClaimsPerNetwork: { count: 1, windowMs: 10 * MINUTE_MS } }

  test('is not what a stranger writes into X-Forwarded-For', async () => {
    const { alice } = await start({ limits })
    await claim(alice, 'BBBB', '192.0.2.1', { 'x-forwarded-for': '203.0.113.1' })
    expect((await claim(alice, 'BBBB', '192.0.2.1', { 'x-forwarded-for': '198.51.100.1' })).status).toBe(429)
  })

  test('is the last one that a trusted proxy did not write itself', async () => {
    const { alice } = await start({ limits, trustedProxies: ['10.0.0.0/8'] })
    const through = (forwarded: string) => claim(alice, 'BBBB', '10.0.0.1', { 'x-forwarded-for': forwarded })
    expect((await through('203.0.113.1')).status).toBe(404)
    expect((await through('198.51.100.1')).status).toBe(404)
    expect((await through('192.0.2.77, 203.0.113.9')).status).toBe(429)
    expect((await claim(alice, 'BBBB', '192.0.2.1', { 'x-forwarded-for': '192.0.2.200' })).status).toBe(404)
  })
})

describe('pairings that wait', () => {
  const body = { facts: FACTS, agentPublicKey: PUBLIC_KEY }

  test('are limited in all and for one network', async () => {
    const testApp = await createTestApp({ limits: { livePairings: 5, livePairingsPerNetwork: 3 } })
    const issue = async (from: string) => (await testApp.call('POST', '/api/v2/pairings', { body, from })).status
    for (let host = 1; host <= 3; host += 1) expect(await issue(`192.0.2.${host}`)).toBe(201)
    expect(await issue('192.0.2.4')).toBe(429)
    expect([await issue('198.51.100.1'), await issue('198.51.101.1')]).toEqual([201, 201])
    expect(await issue('198.51.102.1')).toBe(429)
    await testApp.clock.advance(15 * MINUTE_MS)
    await testApp.app.sweep()
    expect(await issue('192.0.2.4')).toBe(201)
  })

  test('cannot be made without end by burning them', async () => {
    const limits = { newPairingsPerNetwork: { count: 3, windowMs: 15 * MINUTE_MS } }
    const testApp = await createTestApp({ limits })
    for (let number = 0; number < 3; number += 1) {
      const agent = await issuePairing(testApp)
      await agent.call('DELETE', agent.path)
    }
    expect((await testApp.call('POST', '/api/v2/pairings', { body })).status).toBe(429)
  })

  test('never share a locator', async () => {
    const testApp = await createTestApp()
    const locators = new Set<string>()
    for (let number = 0; number < 150; number += 1) locators.add((await issuePairing(testApp)).locator)
    expect(locators.size).toBe(150)
  })
})
