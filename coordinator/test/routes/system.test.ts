import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ERROR_TABLE } from '../../src/http/error-table.ts'
import { createTestApp, listAt, pick } from '../test-app.ts'

describe('for operators', () => {
  test('the process says that it lives, and that it is ready with each check and its time', async () => {
    const { call, store } = await createTestApp()
    expect((await call('GET', '/livez')).json).toEqual({ status: 'ok' })
    const ready = await call('GET', '/readyz')
    expect(ready.json['isReady']).toBe(true)
    expect(listAt(ready, 'checks').map((check) => [check['name'], check['isOk']])).toEqual([
      ['store', true],
      ['migrations', true],
      ['disk', true],
    ])
    await store.close()
    const broken = await call('GET', '/readyz')
    expect([broken.status, broken.json['isReady']]).toEqual([503, false])
    expect((await call('GET', '/livez')).status).toBe(200)
  })

  test('the numbers are in the exposition format, with units and labels from closed lists', async () => {
    const { call, signUp } = await createTestApp({ hasProcessMetrics: true })
    await signUp('alice')
    await call('GET', '/no/such/path/12345')
    await call('GET', '/api/v2/contexts/ctx_00000000000000000000000000')
    const { text, headers } = await call('GET', '/metrics')
    expect(headers['content-type']).toContain('text/plain')
    for (const line of text.split('\n').filter((line) => line !== '')) {
      expect(line).toMatch(
        /^(# (HELP|TYPE) muster_coordinator_\w+ .+|muster_coordinator_\w+(\{[^}]*\})? [-+0-9.eInfNa]+)$/,
      )
    }
    const names = [...text.matchAll(/^# TYPE (\S+) (\w+)/gm)].map(([, name = '', type]) => ({ name, type }))
    expect(names.filter(({ name, type }) => type === 'counter' && !/_total$/.test(name))).toEqual([])
    expect(text).toContain('route="/api/v2/contexts/:id",status="401"')
    expect(text).toContain('route="none",status="404"')
    expect(text).not.toContain('12345')
  })

  test('a program that knows the address finds the API', async () => {
    const { call } = await createTestApp({ publicUrl: 'https://muster.example/' })
    expect((await call('GET', '/.well-known/muster.json')).json).toMatchObject({
      name: 'muster',
      apiVersions: ['v2'],
      apiBase: '/api/v2',
      url: 'https://muster.example',
    })
  })

  test('the description is OpenAPI 3.1 and has a page', async () => {
    const { call } = await createTestApp()
    const description = await call('GET', '/openapi.json')
    expect(description.json).toMatchObject({ openapi: '3.1.0', components: { schemas: { Problem: {} } } })
    expect(Object.keys(pick(description, 'paths') as object)).toContain('/api/v2/pairings/{id}/messages')
    const page = await call('GET', '/docs')
    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
    expect(page.text).not.toMatch(/https?:\/\//)
  })
})

describe('problems', () => {
  test('each code has a page, and the problem names it', async () => {
    const { call } = await createTestApp({ publicUrl: 'https://muster.example' })
    const missing = await call('GET', '/nothing?secret=1')
    expect(missing.headers['content-type']).toContain('application/problem+json')
    expect(missing.json).toMatchObject({
      type: 'https://muster.example/problems/not-found',
      status: 404,
      instance: '/nothing',
      requestId: missing.headers['x-request-id'],
    })
    for (const [code, { title }] of Object.entries(ERROR_TABLE)) {
      const page = await call('GET', `/problems/${code}`)
      expect(page.status, code).toBe(200)
      expect(page.text).toContain(`<h1>${title}</h1>`)
    }
    expect((await call('GET', '/problems')).status).toBe(200)
    expect((await call('GET', '/problems/no-such-code')).status).toBe(404)
  })

  test.each([
    ['a method that the path has not', 'PUT', '/api/v2/contexts', '{}', 'application/json', 405, 'method-not-allowed'],
    ['a broken document', 'POST', '/api/v2/sessions', '{"login":', 'application/json', 400, 'malformed-json'],
    ['an empty document', 'POST', '/api/v2/sessions', '', 'application/json', 400, 'malformed-json'],
    ['a forbidden name', 'POST', '/api/v2/sessions', '{"__proto__":{}}', 'application/json', 400, 'malformed-json'],
    ['another media type', 'POST', '/api/v2/sessions', '<a/>', 'application/xml', 415, 'unsupported-media-type'],
    ['plain text', 'POST', '/api/v2/sessions', 'hello', 'text/plain', 415, 'unsupported-media-type'],
    ['a large body', 'POST', '/api/v2/sessions', `{"a":"${'x'.repeat(5000)}"}`, 'application/json', 413, 'too-large'],
    ['a list', 'POST', '/api/v2/sessions', '[]', 'application/json', 400, 'invalid-request'],
  ] as const)('%s is a problem', async (_what, method, url, payload, type, status, code) => {
    const { app } = await createTestApp()
    const reply = await app.inject({ method, url, payload, headers: { 'content-type': type } })
    expect([reply.statusCode, reply.json().code]).toEqual([status, code])
    expect(reply.headers['content-type']).toContain('application/problem+json')
    if (status === 405) expect(reply.headers['allow']).toBe('GET, HEAD, POST')
  })

  test('a failure of ours says nothing of its cause but the id under which the log has it', async () => {
    const { call, store, log } = await createTestApp()
    await store.close()
    const headers = { authorization: `Bearer mst_${'a'.repeat(43)}` }
    const failed = await call('GET', '/api/v2/contexts', { headers })
    expect([failed.status, failed.json['code']]).toEqual([500, 'internal'])
    expect(failed.text).not.toMatch(/sqlite|database|driver/i)
    expect(log()).toContain(String(failed.json['requestId']))
  })

  test('an id of a proxy is kept when it is harmless', async () => {
    const { call } = await createTestApp()
    const idOf = async (given: string) =>
      (await call('GET', '/livez', { headers: { 'x-request-id': given } })).headers['x-request-id']
    expect(await idOf('abc-12345')).toBe('abc-12345')
    expect(await idOf('x\u00e9<script>')).toMatch(/^req_/)
  })
})

describe('headers', () => {
  test('every answer has the security headers, and HTTPS is remembered', async () => {
    const { call } = await createTestApp({ publicUrl: 'https://muster.example' })
    for (const path of ['/livez', '/api/v2/contexts', '/nothing', '/problems/not-found', '/docs']) {
      const { headers } = await call('GET', path)
      expect(headers['content-security-policy'], path).toContain("script-src 'self';")
      expect(headers, path).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'strict-transport-security': 'max-age=31536000',
      })
    }
    expect((await call('GET', '/api/v2/contexts')).headers['cache-control']).toBe('no-store')
  })
})

describe('the pages', () => {
  async function webRoot(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'muster-web-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    await mkdir(join(folder, 'assets'))
    await writeFile(join(folder, 'index.html'), '<!doctype html><title>pages</title>')
    await writeFile(join(folder, 'assets', 'app-4fG7xY2k.js'), 'let x')
    return folder
  }
  const html = { accept: 'text/html' }

  test('are served: the start for every page address, hashed files for ever', async () => {
    const { call } = await createTestApp({ webRoot: await webRoot() })
    for (const path of ['/', '/pair?code=x', '/contexts/ctx_1/versions/2', '/device']) {
      const page = await call('GET', path, { headers: html })
      expect([page.status, page.text], path).toEqual([200, '<!doctype html><title>pages</title>'])
      expect(page.headers['cache-control'], path).toBe('no-cache')
    }
    const asset = await call('GET', '/assets/app-4fG7xY2k.js')
    expect(asset.headers['cache-control']).toBe('public, max-age=31536000, immutable')
  })

  test('do not hide what is missing: API, assets, and programs that want no page', async () => {
    const { call } = await createTestApp({ webRoot: await webRoot() })
    for (const path of ['/api/v2/nothing', '/assets/gone.js', '/problems/none', '/../package.json']) {
      expect((await call('GET', path, { headers: html })).status, path).toBe(404)
    }
    expect((await call('GET', '/pair')).status).toBe(404)
    expect((await call('POST', '/pair', { headers: html, body: {} })).status).toBe(404)
  })

  test('are not needed', async () => {
    const { call } = await createTestApp({ webRoot: '/does/not/exist' })
    expect((await call('GET', '/', { headers: html })).status).toBe(404)
    expect((await call('GET', '/livez')).status).toBe(200)
  })
})
