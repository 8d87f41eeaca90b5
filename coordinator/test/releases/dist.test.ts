import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { createReleaseFolder } from '../../src/releases/release-folder.ts'
import { createTestApp } from '../test-app.ts'
import { createTestReleases } from './test-releases.ts'

const AGENT = '#!/bin/sh\necho agent\n'

async function servingApp(options: { readonly downloads?: number } = {}) {
  const dist = createTestReleases()
  const releases = createReleaseFolder(dist.folder, [])
  const limits = options.downloads === undefined ? {} : { limits: { downloads: options.downloads } }
  return { dist, ...(await createTestApp({ releases, ...limits })) }
}

describe('a channel', () => {
  test('is served as it was signed, and again only when it has changed', async () => {
    const { dist, call } = await servingApp()
    await dist.publish('stable', { x64: AGENT })
    const first = await call('GET', '/dist/channels/stable.jws')
    expect([first.status, first.headers['content-type'], first.headers['cache-control']]).toEqual([
      200,
      'application/jose',
      'no-cache',
    ])
    expect(first.text.split('.')).toHaveLength(3)
    const etag = first.headers['etag'] ?? ''
    const again = await call('GET', '/dist/channels/stable.jws', { headers: { 'if-none-match': etag } })
    expect([again.status, again.text]).toEqual([304, ''])
    await dist.publish('stable', { x64: `${AGENT}# newer` })
    const changed = await call('GET', '/dist/channels/stable.jws', { headers: { 'if-none-match': etag } })
    expect(changed.status).toBe(200)
  })

  test('that is half written is told apart from one that is not there, and the others are listed still', async () => {
    const { dist, call } = await servingApp()
    await dist.publish('stable', { x64: AGENT })
    const { text } = await call('GET', '/dist/channels/stable.jws')
    writeFileSync(join(dist.folder, 'channels/edge.jws'), text.slice(0, text.length / 2))
    writeFileSync(join(dist.folder, 'channels/zero.jws'), '')
    const broken = await call('GET', '/dist/channels/edge.jws')
    expect([broken.status, broken.json['code']]).toEqual([503, 'release-broken'])
    expect((await call('GET', '/dist/channels/none.jws')).status).toBe(404)
    const list = await call('GET', '/api/v2/releases')
    expect(list.json).toMatchObject({
      items: [{ channel: 'stable', version: '0.2.0+abcdef0', releaseKeys: [dist.signer.x] }],
      broken: [{ channel: 'edge' }, { channel: 'zero' }],
    })
  })

  test('that another key has signed is broken where keys are configured', async () => {
    const [dist, other] = [createTestReleases(), createTestReleases()]
    await dist.publish('stable', { x64: AGENT })
    const { call } = await createTestApp({ releases: createReleaseFolder(dist.folder, [other.signer.x]) })
    const list = await call('GET', '/api/v2/releases')
    expect(list.json).toMatchObject({ items: [], broken: [{ channel: 'stable' }] })
  })

  test('passed off under the name of another is broken', async () => {
    const { dist, call } = await servingApp()
    await dist.publish('edge', { x64: AGENT })
    renameSync(join(dist.folder, 'channels/edge.jws'), join(dist.folder, 'channels/stable.jws'))
    expect((await call('GET', '/dist/channels/stable.jws')).json['code']).toBe('release-broken')
  })

  test('and its files are not found where the operator has named no folder', async () => {
    const { call } = await createTestApp()
    expect((await call('GET', '/dist/channels/stable.jws')).status).toBe(404)
    expect((await call('GET', `/dist/sha256/${'0'.repeat(64)}`)).status).toBe(404)
    expect((await call('GET', '/api/v2/releases')).json).toEqual({ items: [], broken: [] })
  })
})

describe('a file of a release', () => {
  const content = randomBytes(1000)

  test('is served whole, for ever', async () => {
    const { dist, app } = await servingApp()
    const sum = dist.putFile(content)
    const whole = await app.inject(`/dist/sha256/${sum}`)
    expect(whole.rawPayload.equals(content)).toBe(true)
    expect(whole.headers).toMatchObject({
      'content-length': '1000',
      'content-type': 'application/octet-stream',
      etag: `"${sum}"`,
      'cache-control': 'public, max-age=31536000, immutable',
      'accept-ranges': 'bytes',
    })
    const known = await app.inject({ url: `/dist/sha256/${sum}`, headers: { 'if-none-match': `"${sum}"` } })
    expect([known.statusCode, known.payload]).toEqual([304, ''])
  })

  test.each<[string, number, number]>([
    ['bytes=0-0', 0, 1],
    ['bytes=990-', 990, 1000],
    ['bytes=10-19', 10, 20],
    ['bytes=990-5000', 990, 1000],
    ['bytes=-10', 990, 1000],
    ['bytes=-5000', 0, 1000],
  ])('is served in parts: %s', async (range, start, end) => {
    const { dist, app } = await servingApp()
    const sum = dist.putFile(content)
    const part = await app.inject({ url: `/dist/sha256/${sum}`, headers: { range } })
    expect([part.statusCode, part.headers['content-range']]).toEqual([206, `bytes ${start}-${end - 1}/1000`])
    expect(part.rawPayload.equals(content.subarray(start, end))).toBe(true)
  })

  test.each(['bytes=5-1', 'bytes=0-1,5-6', 'bytes=-', 'lines=1-2', 'nonsense'])(
    'is served whole for a range that is none: %s',
    async (range) => {
      const { dist, app } = await servingApp()
      const whole = await app.inject({ url: `/dist/sha256/${dist.putFile(content)}`, headers: { range } })
      expect([whole.statusCode, whole.rawPayload.length]).toEqual([200, 1000])
    },
  )

  test('has no bytes beyond its end, and says where the end is', async () => {
    const { dist, call } = await servingApp()
    const beyond = await call('GET', `/dist/sha256/${dist.putFile(content)}`, { headers: { range: 'bytes=1000-' } })
    expect([beyond.status, beyond.headers['content-range']]).toEqual([416, 'bytes */1000'])
  })

  test('is continued only when it is still the same', async () => {
    const { dist, app } = await servingApp()
    const sum = dist.putFile(content)
    const ask = async (ifRange: string) => {
      const headers = { range: 'bytes=10-', 'if-range': ifRange }
      return (await app.inject({ url: `/dist/sha256/${sum}`, headers })).statusCode
    }
    expect(await ask(`"${sum}"`)).toBe(206)
    expect(await ask('"another"')).toBe(200)
    expect(await ask('Sun, 22 Nov 2026 12:00:00 GMT')).toBe(200)
  })

  test('is described by HEAD without being read, empty or not', async () => {
    const { dist, app } = await servingApp()
    const head = await app.inject({ method: 'HEAD', url: `/dist/sha256/${dist.putFile(content)}` })
    expect([head.statusCode, head.headers['content-length'], head.payload]).toEqual([200, '1000', ''])
    const empty = await app.inject(`/dist/sha256/${dist.putFile('')}`)
    expect([empty.statusCode, empty.headers['content-length'], empty.payload]).toEqual([200, '0', ''])
  })

  test('is a regular file of the folder and nothing else', async () => {
    const { dist, app } = await servingApp()
    const [linked, folder] = ['1'.repeat(64), '2'.repeat(64)]
    symlinkSync('/etc/passwd', join(dist.folder, 'sha256', linked))
    mkdirSync(join(dist.folder, 'sha256', folder))
    const sum = dist.putFile(content)
    const paths = [linked, folder, sum.toUpperCase(), `${sum}/`, `..%2Fsha256%2F${sum}`, `%2e%2e/${sum}`, `${sum}%00`]
    for (const path of paths) {
      const { statusCode } = await app.inject(`/dist/sha256/${path}`)
      expect([path, statusCode >= 400 && statusCode < 500]).toEqual([path, true])
    }
    for (const name of ['..%2Fsecret.jws', '.jws', 'a/b.jws', 'stable.txt']) {
      const { statusCode } = await app.inject(`/dist/channels/${name}`)
      expect([name, statusCode >= 400 && statusCode < 500]).toEqual([name, true])
    }
  })
})

describe('a storm of downloads', () => {
  test('takes its places and no more: the API answers, the next one is told when to come, a place gets free', async () => {
    const { dist, app, call } = await servingApp({ downloads: 2 })
    const sum = dist.putFile(randomBytes(16 * 1024 * 1024))
    const origin = await app.listen({ host: '127.0.0.1', port: 0 })
    const start = async () => {
      const request = get(`${origin}/dist/sha256/${sum}`, { agent: false })
      onTestFinished(() => {
        request.destroy()
      })
      const [response]: IncomingMessage[] = (await once(request, 'response')) as [IncomingMessage]
      if (response === undefined) throw new Error('no response')
      return { request, response }
    }
    const slow = [await start(), await start()]
    expect(slow.map(({ response }) => response.statusCode)).toEqual([200, 200])
    expect((await call('GET', '/metrics')).text).toContain('muster_coordinator_downloads 2')

    const refused = await call('GET', `/dist/sha256/${sum}`)
    expect([refused.status, refused.json['code']]).toEqual([503, 'too-many-downloads'])
    const seconds = Number(refused.headers['retry-after'])
    expect(seconds >= 5 && seconds <= 15).toBe(true)
    expect((await call('GET', '/api/v2/releases')).status).toBe(200)

    slow[0]?.request.destroy()
    await vi.waitFor(
      async () => expect((await call('GET', '/metrics')).text).toContain('muster_coordinator_downloads 1'),
      { timeout: 30_000 },
    )
    const next = await start()
    expect(next.response.statusCode).toBe(200)
    let size = 0
    for await (const chunk of next.response) size += (chunk as Buffer).length
    expect(size).toBe(16 * 1024 * 1024)
  })

  test('does not last longer than half an hour for each, nor longer than the coordinator', async () => {
    const { dist, app, clock, close } = await servingApp()
    const sum = dist.putFile(randomBytes(16 * 1024 * 1024))
    const origin = await app.listen({ host: '127.0.0.1', port: 0 })
    // Listens from the start: an end that comes before anybody does is told to nobody. What is on its way is read later, to
    // its end, which is not that of the file.
    const start = async () => {
      const request = get(`${origin}/dist/sha256/${sum}`, { agent: false })
      const [response] = (await once(request, 'response')) as [IncomingMessage]
      const end = new Promise<string>((resolve) => {
        response.on('error', () => resolve('broken off')).on('end', () => resolve('whole'))
      })
      return () => {
        response.resume()
        return end
      }
    }
    const endOfSlow = await start()
    await clock.advance(30 * 60_000)
    expect(await endOfSlow()).toBe('broken off')
    const endOfLast = await start()
    await close()
    expect(await endOfLast()).toBe('broken off')
  })
})
