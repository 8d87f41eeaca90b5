import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { createServer as createPlainServer } from 'node:net'
import { join } from 'node:path'
import { createApiClient } from '@muster/contexts/api/client.ts'
import type { FetchInit } from '@muster/contexts/api/requester.ts'
import { systemRandom } from '@muster/runtime/random.ts'
import { createFetch } from '@muster/vm-agent/http/create-fetch.ts'
import { afterEach, expect, test } from 'vitest'

const GET: FetchInit = { method: 'GET', headers: {}, redirect: 'manual', credentials: 'same-origin' }
const servers: { close(): unknown; closeAllConnections?(): void }[] = []

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections?.()
    server.close()
  }
})

test('a request is sent as it was given, and its answer comes with status, headers and body', async () => {
  const seen: { request?: IncomingMessage; text?: string } = {}
  const { url } = await serve(async (request, response) => {
    seen.request = request
    seen.text = Buffer.concat(await request.toArray()).toString()
    response.writeHead(201, { 'content-type': 'text/plain', 'set-cookie': ['a=1', 'b=2'] }).end('grüß')
  })
  const answer = await createFetch()(`${url}/pairings?x=1`, {
    ...GET,
    method: 'POST',
    headers: { 'x-one': '1' },
    body: 'ä',
  })
  expect(seen.request).toMatchObject({ method: 'POST', url: '/pairings?x=1' })
  expect(seen.request?.headers).toMatchObject({ 'x-one': '1', 'content-length': '2' })
  expect(seen.request?.headers['accept-encoding']).toBeUndefined()
  expect(seen.text).toBe('ä')
  expect(answer).toMatchObject({ ok: true, status: 201 })
  expect([answer.headers.get('Content-Type'), answer.headers.get('etag')]).toEqual(['text/plain', null])
  expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
  expect(await textOf(answer.body)).toBe('grüß')
})

test('an answer that leads elsewhere is given as it is, and an empty one has no body', async () => {
  const { url } = await serve((request, response) => {
    if (request.url === '/empty') response.writeHead(204).end()
    else response.writeHead(302, { location: '/empty' }).end()
  })
  const away = await createFetch()(url, GET)
  expect([away.ok, away.status, away.headers.get('location')]).toEqual([false, 302, '/empty'])
  expect(await createFetch()(`${url}/empty`, GET)).toMatchObject({ ok: true, status: 204, body: null })
})

test('the pieces of a stream are given when they come', async () => {
  const pieces: ((piece: string | undefined) => void)[] = []
  const { url } = await serve((_, response) => {
    pieces.push((piece) => (piece === undefined ? response.end() : response.write(piece)))
    response.flushHeaders()
  })
  const answer = await createFetch()(url, GET)
  const reader = answer.body?.getReader()
  for (const piece of ['one', 'two']) {
    pieces[0]?.(piece)
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe(piece)
  }
  pieces[0]?.(undefined)
  expect((await reader?.read())?.done).toBe(true)
})

test('one connection serves requests that follow each other', async () => {
  const ports = new Set<number | undefined>()
  const { url } = await serve((request, response) => {
    ports.add(request.socket.remotePort)
    response.end('text')
  })
  const fetch = createFetch()
  for (const path of ['/a', '/b', '/c']) await textOf((await fetch(url + path, GET)).body)
  expect(ports.size).toBe(1)
})

test('an abort ends a request before its answer, and a body in its middle, with the reason of the caller', async () => {
  const reason = new Error('asked to stop')
  const connected = Promise.withResolvers<void>()
  const { url } = await serve((request, response) => {
    if (request.url === '/silent') connected.resolve()
    else response.write('begun')
  })
  const [early, late] = [new AbortController(), new AbortController()]
  const silent = createFetch()(`${url}/silent`, { ...GET, signal: early.signal })
  await connected.promise
  early.abort(reason)
  await expect(silent).rejects.toBe(reason)
  const reader = (await createFetch()(url, { ...GET, signal: late.signal })).body?.getReader()
  await reader?.read()
  late.abort(reason)
  await expect(reader?.read()).rejects.toBe(reason)
  await expect(createFetch()(url, { ...GET, signal: late.signal })).rejects.toBe(reason)
})

test('leaving a body unread ends its connection', async () => {
  const closed = Promise.withResolvers<void>()
  const { url } = await serve((request, response) => {
    request.socket.on('close', () => closed.resolve())
    response.write('begun')
  })
  await (await createFetch()(url, GET)).body?.cancel()
  await closed.promise
})

test('failures are told as the client of the API knows them', async () => {
  const garbage = createPlainServer((socket) => socket.on('error', () => undefined).end('not HTTP\r\n\r\n'))
  const broken = createPlainServer((socket) => socket.on('error', () => undefined).destroy())
  const [garbageUrl, brokenUrl] = [await listen(garbage), await listen(broken)]
  const { url: silent } = await serve(() => undefined)
  const { url: gone, server } = await serve(() => undefined)
  server.close()
  expect(await kindOf(gone)).toBe('refused')
  expect(await kindOf('http://nobody.invalid')).toBe('dns')
  expect(await kindOf(silent, 50)).toBe('timeout')
  expect(await kindOf(brokenUrl)).toBe('network')
  expect(await kindOf(garbageUrl)).toBe('network')
  // A server without TLS answers the greeting with something else.
  expect(await kindOf(garbageUrl.replace('http:', 'https:'))).toBe('tls')
})

test('a proxy is used when Node is told to', async () => {
  const asked: (string | undefined)[] = []
  const { url: proxy } = await serve((request, response) => {
    asked.push(request.url)
    response.end('from the proxy')
  })
  const source = join(import.meta.dirname, '../../src/http/create-fetch.ts')
  const script = `import { createFetch } from ${JSON.stringify(source)}
const answer = await createFetch()('http://coordinator.invalid/livez', ${JSON.stringify(GET)})
process.stdout.write(Buffer.from((await answer.body.getReader().read()).value))`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    env: { NODE_USE_ENV_PROXY: '1', http_proxy: proxy },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  expect(Buffer.concat(await child.stdout.toArray()).toString()).toBe('from the proxy')
  expect(asked).toEqual(['http://coordinator.invalid/livez'])
})

async function kindOf(baseUrl: string, timeoutMs = 20_000): Promise<unknown> {
  const api = createApiClient({ baseUrl, fetch: createFetch(), random: systemRandom, timeoutMs })
  return api.meta().then(
    () => 'answered',
    (error: { readonly kind?: unknown }) => error.kind,
  )
}

async function serve(listener: RequestListener): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer(listener)
  return { url: await listen(server), server }
}

async function listen(server: Server | ReturnType<typeof createPlainServer>): Promise<string> {
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
}

async function textOf(body: Awaited<ReturnType<ReturnType<typeof createFetch>>>['body']): Promise<string> {
  const reader = body?.getReader()
  const pieces: Uint8Array[] = []
  for (;;) {
    const { value } = (await reader?.read()) ?? {}
    if (value === undefined) return Buffer.concat(pieces).toString()
    pieces.push(value)
  }
}
