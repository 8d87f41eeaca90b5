import { expect, test } from 'vitest'
import { describedOperations } from '../contract.ts'
import { type Answer, createTestApp, listAt, textAt } from '../test-app.ts'
import { silentMeshes } from '../test-meshes.ts'
import { claimPairing, issuePairing, pairMachine } from '../test-pairing.ts'

const PEER = '12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5'
const CLUSTER = { services: [{ name: 'web', kind: 'singleton' }], clouds: [{ name: 'here' }] }
/** Routes whose path names something of an account, or of an agent, and the body that would be valid there. */
const BODIES: Readonly<Record<string, unknown>> = {
  'PATCH /api/v2/contexts/{id}': { description: 'mine now' },
  'POST /api/v2/contexts/{id}/versions': { format: 'plain', body: 'mine now' },
  'PUT /api/v2/clusters/{id}/definition': CLUSTER,
  'POST /api/v2/clusters/{id}/machines': { service: 'web', cloud: 'here' },
  'PATCH /api/v2/machines/{id}': { name: 'mine now' },
  'POST /api/v2/pairings/{id}/messages': { claimId: 'clm_00000000000000000000000000', body: 'eA' },
}
/** Of the agent alone: a person has no way in, whatever the id. */
const AGENT_ONLY = /^(DELETE \/api\/v2\/pairings\/\{id\}|POST .*\/(reject-claim|complete))$/
/** Their id is a code that is no secret of an account, or they are for everybody. */
const NOT_OWNED = /^GET (\/api\/v2\/device-authorizations\/\{userCode\}$|\/dist\/)/

test('on every route what belongs to somebody else is answered, byte for byte, as what does not exist', async () => {
  const testApp = await createTestApp({ createMeshes: silentMeshes })
  const [alice, mallory] = [await testApp.signUp('alice'), await testApp.signUp('mallory')]
  const context = await alice.call('POST', '/api/v2/contexts', {
    body: { name: 'web', format: 'plain', body: 'secret text' },
    headers: { 'idempotency-key': 'k' },
  })
  const cluster = await alice.call('POST', '/api/v2/clusters', {
    body: { name: 'farm', ...CLUSTER },
    headers: { 'idempotency-key': 'c' },
  })
  const machine = await pairMachine(testApp, alice)
  const agent = await issuePairing(testApp)
  const claimId = await claimPairing(alice, agent)
  await alice.token('contexts:read')
  const tokens = await alice.call('GET', '/api/v2/tokens')
  const owned: Readonly<Record<string, string>> = {
    contexts: textAt(context, 'id'),
    clusters: textAt(cluster, 'id'),
    machines: machine.id,
    pairings: agent.pairingId,
    tokens: textAt(tokens, 'items.0.id'),
    sessions: textAt(await alice.call('GET', '/api/v2/sessions'), 'items.0.id'),
  }
  const routes = describedOperations(testApp.app).filter(({ path }) => path.includes('{'))
  const checked: string[] = []

  for (const { method, path } of routes) {
    const route = `${method} ${path}`
    if (method === 'HEAD' || AGENT_ONLY.test(route) || NOT_OWNED.test(route)) continue
    const kind = path.split('/')[3] ?? ''
    const ask = async (id: string, claim: string): Promise<Answer> => {
      const url = path.replace('{id}', id).replace('{version}', '1').replace('{peer}', PEER)
      const body = BODIES[route] as object | undefined
      return mallory.call(method as 'GET', kind === 'pairings' && method !== 'POST' ? `${url}?claim=${claim}` : url, {
        headers: { 'if-match': '*', 'idempotency-key': 'mine', 'x-request-id': 'the-same-id' },
        ...(body === undefined ? {} : { body: kind === 'pairings' ? { ...body, claimId: claim } : body }),
      })
    }
    const id = owned[kind] ?? ''
    const absentId = id.replace(/_.*/, '_00000000000000000000000000')
    const existing = await ask(id, claimId)
    const absent = await ask(absentId, 'clm_00000000000000000000000000')
    expect(existing.status, route).toBe(404)
    expect(existing.text.replaceAll(id, 'ID'), route).toBe(absent.text.replaceAll(absentId, 'ID'))
    expect(withoutTime(existing), route).toEqual(withoutTime(absent))
    checked.push(route)
  }
  expect(checked).toHaveLength(20)
  for (const list of ['contexts', 'clusters', 'machines', 'tokens']) {
    expect((await mallory.call('GET', `/api/v2/${list}`)).json, list).toEqual({ items: [] })
  }
  const sessions = await mallory.call('GET', '/api/v2/sessions')
  expect(listAt(sessions, 'items').map((item) => item['isCurrent'])).toEqual([true])
  expect((await alice.call('GET', `/api/v2/contexts/${owned['contexts']}`)).json).toEqual(context.json)
})

test('on every route that needs somebody, nobody is told 401 before anything else is looked at', async () => {
  const testApp = await createTestApp()
  const open =
    /^(POST \/api\/v2\/(accounts|sessions|pairings|device-authorizations|device-authorizations\/token)|GET \/api\/v2\/releases)$/
  for (const { method, path } of describedOperations(testApp.app)) {
    if (!path.startsWith('/api/') || method === 'HEAD' || open.test(`${method} ${path}`)) continue
    const url = path.replaceAll(/\{[^}]+\}/g, 'no-such-thing')
    const answer = await testApp.call(method as 'GET', url, method === 'GET' || method === 'DELETE' ? {} : { body: [] })
    expect([answer.status, answer.json['code']], `${method} ${path}`).toEqual([401, 'not-signed-in'])
  }
})

function withoutTime({ headers }: Answer): Readonly<Record<string, string>> {
  const { date: _date, 'content-length': _length, ...rest } = headers
  return rest
}
