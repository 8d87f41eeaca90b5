import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { ApiError } from '../../src/api/api-error.ts'
import { type ApiClient, createApiClient } from '../../src/api/client.ts'
import { allItems } from '../../src/api/paging.ts'
import { MAX_ANSWER_BYTES } from '../../src/api/requester.ts'
import { Secret } from '../../src/secret.ts'
import { type SeenRequest, sendJson, startServer } from './http-server.ts'

const AT = '2026-11-22T10:00:00Z'
const VERSION = { version: 1, format: 'plain', note: '', digest: 'd', sizeBytes: 3, createdAt: AT, machineCount: 0 }
const CONTEXT_ID = 'ctx_01jd0000000000000000000001'
const CONTEXT = { id: CONTEXT_ID, name: 'atlas', description: '', latest: VERSION, createdAt: AT, updatedAt: AT }
const PAIRING_ID = 'pair_01jd0000000000000000000001'
const CLAIM_ID = 'clm_01jd0000000000000000000002'

async function failureOf(promise: Promise<unknown>): Promise<ApiError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof ApiError) return error
  throw new Error(`expected an ApiError, got ${inspect(error)}`)
}

describe('a request', () => {
  test('carries token, body, validator and a fresh idempotency key, and brings value and ETag back', async () => {
    await using server = await startServer((_, response) => sendJson(response, 201, CONTEXT, { etag: '"v2"' }))
    const api = createApiClient(server.options({ token: new Secret('mst_secret'), userAgent: 'muster/1' }))
    const body = { format: 'plain', body: '[x]', note: 'n' } as const
    const published = await api.contexts.publish(CONTEXT_ID, body, '"v1"')
    await api.contexts.publish(CONTEXT_ID, body, '"v1"')
    expect(published).toEqual({ value: CONTEXT, etag: '"v2"' })
    const [first, second] = server.seen
    expect(first).toMatchObject({
      method: 'POST',
      url: `/api/v2/contexts/${CONTEXT_ID}/versions`,
      headers: { authorization: 'Bearer mst_secret', 'if-match': '"v1"', 'user-agent': 'muster/1' },
      body: JSON.stringify(body),
    })
    expect(first?.headers['idempotency-key']).toMatch(/^[\w-]{24}$/)
    expect(second?.headers['idempotency-key']).not.toBe(first?.headers['idempotency-key'])
  })

  const calls: readonly (readonly [string, (api: ApiClient) => Promise<unknown>])[] = [
    ['DELETE /api/v2/session', (api) => api.accounts.signOut()],
    [
      'PUT /api/v2/account/password',
      (api) => api.accounts.changePassword({ currentPassword: 'old password', newPassword: 'new password' }),
    ],
    ['DELETE /api/v2/sessions/ses_1', (api) => api.accounts.endSession('ses_1')],
    ['DELETE /api/v2/account', (api) => api.accounts.deleteAccount({ password: 'old password' })],
    ['DELETE /api/v2/tokens/tok_1', (api) => api.accounts.revokeToken('tok_1')],
    ['POST /api/v2/device-authorizations/approve', (api) => api.accounts.approveDevice('WDJB-MJHT')],
    [`DELETE /api/v2/contexts/${CONTEXT_ID}`, (api) => api.contexts.remove(CONTEXT_ID, '"x"')],
    [`DELETE /api/v2/pairings/${PAIRING_ID}`, (api) => api.pairings.burn(PAIRING_ID)],
    [
      `DELETE /api/v2/pairings/${PAIRING_ID}/claim?claim=${CLAIM_ID}`,
      (api) => api.pairings.unclaim(PAIRING_ID, CLAIM_ID),
    ],
    [
      `POST /api/v2/pairings/${PAIRING_ID}/reject-claim`,
      (api) => api.pairings.rejectClaim(PAIRING_ID, { claimId: CLAIM_ID, reason: 'wrong-pin' }),
    ],
    ['DELETE /api/v2/machines/mch_1', (api) => api.machines.forget('mch_1')],
    ['DELETE /api/v2/machines/..%2Fx%3Fy', (api) => api.machines.forget('../x?y')],
  ]
  test.each(calls)('is %s', async (line, call) => {
    await using server = await startServer((_, response) => void response.writeHead(204).end())
    await call(createApiClient(server.options()))
    expect(server.seen.map(({ method, url }) => `${method} ${url}`)).toEqual([line])
  })

  test('keeps a path in front of the API', async () => {
    const meta = {
      name: 'muster',
      version: '1',
      apiVersions: ['v2'],
      apiBase: '/api/v2',
      url: 'x',
      isRegistrationOpen: true,
    }
    await using server = await startServer((_, response) => sendJson(response, 200, meta))
    const api = createApiClient(server.options({ baseUrl: `${server.baseUrl}/muster/` }))
    expect(await api.meta()).toEqual(meta)
    expect(server.seen[0]?.url).toBe('/muster/.well-known/muster.json')
  })

  test('of the mailbox waits longer than others, by as much as the coordinator may', async () => {
    const mailbox = { state: 'claimed', messages: [] }
    await using server = await startServer((_, response) => sendJson(response, 200, mailbox))
    const api = createApiClient(server.options())
    await api.pairings.messages(PAIRING_ID, { after: 3, waitMs: 25_000, state: 'claimed', claim: CLAIM_ID })
    expect(server.seen[0]?.url).toBe(
      `/api/v2/pairings/${PAIRING_ID}/messages?after=3&waitMs=25000&state=claimed&claim=${CLAIM_ID}`,
    )
  })

  test('with another token leaves the first client as it is', async () => {
    await using server = await startServer((_, response) => void response.writeHead(204).end())
    const api = createApiClient(server.options({ token: new Secret('one') }))
    await api.withToken(new Secret('two')).accounts.signOut()
    await api.accounts.signOut()
    await api.withToken(undefined).accounts.signOut()
    expect(server.seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer two', 'Bearer one', undefined])
  })
})

describe('an answer', () => {
  test('may have fields that this version does not know', async () => {
    const future = { ...CONTEXT, color: 'blue', latest: { ...VERSION, signedBy: 'alice' } }
    await using server = await startServer((_, response) => sendJson(response, 200, future))
    expect((await createApiClient(server.options()).contexts.get(CONTEXT_ID)).value.name).toBe('atlas')
  })

  test.each([
    ['of another shape', JSON.stringify({ ...CONTEXT, latest: { version: 'one' } })],
    ['that is a page of somebody else', '<html>login</html>'],
    ['that is empty', ''],
  ])('%s is refused', async (_, body) => {
    await using server = await startServer((_, response) => void response.writeHead(200).end(body))
    const error = await failureOf(createApiClient(server.options()).contexts.get(CONTEXT_ID))
    expect(error).toMatchObject({ code: 'bad-answer', status: 200 })
  })

  test('above the limit is cut off', async () => {
    await using server = await startServer((_, response) => void response.end('x'.repeat(MAX_ANSWER_BYTES + 1)))
    const error = await failureOf(createApiClient(server.options()).contexts.get(CONTEXT_ID))
    expect(error.code).toBe('too-large')
  })

  test('list is collected page by page', async () => {
    const pageOf = ({ url }: SeenRequest) =>
      url.includes('cursor=two') ? { items: [CONTEXT] } : { items: [CONTEXT, CONTEXT], nextCursor: 'two' }
    await using server = await startServer((request, response) => sendJson(response, 200, pageOf(request)))
    const api = createApiClient(server.options())
    expect(await allItems((page) => api.contexts.list({ ...page, name: 'a b' }))).toHaveLength(3)
    expect(server.seen.map(({ url }) => url)).toEqual([
      '/api/v2/contexts?limit=200&name=a+b',
      '/api/v2/contexts?limit=200&cursor=two&name=a+b',
    ])
  })
})

describe('a failure', () => {
  const problem = {
    type: 'https://x/p',
    title: 'Precondition failed',
    status: 412,
    detail: 'The context was changed meanwhile',
    code: 'precondition-failed',
    hint: 'Read it again.',
    requestId: 'req_1',
    errors: [{ pointer: '/name', detail: 'too long' }],
  }

  test('is the problem that the coordinator describes', async () => {
    await using server = await startServer((_, response) =>
      sendJson(response, 412, problem, { etag: '"v9"', 'retry-after': '7' }),
    )
    const error = await failureOf(createApiClient(server.options()).contexts.remove(CONTEXT_ID, '"v1"'))
    expect(error).toMatchObject({
      code: 'precondition-failed',
      message: problem.detail,
      hint: problem.hint,
      status: 412,
      requestId: 'req_1',
      etag: '"v9"',
      retryAfterMs: 7000,
      isTransient: false,
    })
    expect(error.errors).toEqual(problem.errors)
  })

  test.each([
    [429, true],
    [500, true],
    [503, true],
    [400, false],
    [404, false],
  ])('with status %i and no problem is still an ApiError', async (status, isTransient) => {
    await using server = await startServer((_, response) => void response.writeHead(status).end('<h1>oops</h1>'))
    const error = await failureOf(createApiClient(server.options()).accounts.session())
    expect(error).toMatchObject({ code: 'bad-answer', status, isTransient })
  })

  test('by redirection names the other address and does not follow with the token', async () => {
    await using server = await startServer(
      (_, response) => void response.writeHead(308, { location: 'https://new.example.org/' }).end(),
    )
    const error = await failureOf(createApiClient(server.options({ token: new Secret('t') })).accounts.session())
    expect(error).toMatchObject({ code: 'redirected', hint: expect.stringContaining('https://new.example.org/') })
    expect(server.seen).toHaveLength(1)
  })

  test('holds neither the token nor what was sent', async () => {
    await using server = await startServer((_, response) => sendJson(response, 422, problem))
    const api = createApiClient(server.options({ token: new Secret('mst_hidden') }))
    const password = 'hidden-password'
    const error = await failureOf(api.accounts.signIn({ login: 'alice', password }))
    expect(inspect(error, { depth: 10 })).not.toMatch(/mst_hidden|hidden-password/)
  })
})

describe('no answer', () => {
  test('from a closed port is refused', async () => {
    const server = await startServer(() => undefined)
    await server[Symbol.asyncDispose]()
    const error = await failureOf(createApiClient(server.options()).accounts.session())
    expect(error).toMatchObject({ code: 'unreachable', kind: 'refused', status: 0, isTransient: true })
    expect(error.hint).toContain('port')
  })

  test('within the time is a timeout', async () => {
    await using server = await startServer(() => undefined)
    const error = await failureOf(createApiClient(server.options({ timeoutMs: 50 })).accounts.session())
    expect(error).toMatchObject({ code: 'unreachable', kind: 'timeout' })
  })

  test('of which the body stops within the time is a timeout too', async () => {
    await using server = await startServer((_, response) => void response.writeHead(200).write('{'))
    const error = await failureOf(createApiClient(server.options({ timeoutMs: 100 })).accounts.session())
    expect(error).toMatchObject({ code: 'unreachable', kind: 'timeout' })
  })

  test('because the caller has had enough is the reason she gives', async () => {
    await using server = await startServer(() => undefined)
    const enough = new AbortController()
    const call = createApiClient(server.options()).accounts.session({ signal: enough.signal })
    enough.abort(new Error('enough'))
    await expect(call).rejects.toThrow('enough')
  })

  const coded = (code: string) => Object.assign(new Error(code), { code })
  test.each([
    ['dns', coded('ENOTFOUND'), true],
    ['dns', coded('EAI_AGAIN'), true],
    ['refused', new AggregateError([coded('ECONNREFUSED'), coded('ENETUNREACH')]), true],
    ['tls', coded('DEPTH_ZERO_SELF_SIGNED_CERT'), false],
    ['tls', coded('CERT_NOT_YET_VALID'), false],
    ['tls', coded('ERR_TLS_CERT_ALTNAME_INVALID'), false],
    ['timeout', coded('UND_ERR_CONNECT_TIMEOUT'), true],
    ['network', coded('EWHATEVER'), true],
    ['network', undefined, true],
  ])('is told apart by its cause: %s', async (kind, cause, isTransient) => {
    const fetch = async () => {
      throw new TypeError('fetch failed', { cause })
    }
    await using server = await startServer(() => undefined)
    const error = await failureOf(createApiClient(server.options({ fetch })).accounts.session())
    expect(error).toMatchObject({ code: 'unreachable', kind, isTransient })
  })
})
