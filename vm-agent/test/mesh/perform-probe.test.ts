import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import type { ProbeSpec } from '@muster/mesh/directory/probes.ts'
import { systemClock } from '@muster/runtime/clock.ts'
import { createVirtualClock } from '@muster/runtime/virtual-clock.ts'
import { performProbe } from '@muster/vm-agent/mesh/perform-probe.ts'
import { afterEach, describe, expect, test } from 'vitest'

const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function listening(server: Server): Promise<number> {
  servers.push(server.listen(0, '127.0.0.1'))
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

const probe = (spec: ProbeSpec, signal = new AbortController().signal, clock = systemClock) =>
  performProbe({ clock }, spec, signal)

describe('a probe of a connection', () => {
  test('passes where something listens, and fails where nothing does', async () => {
    const server = createServer((socket) => socket.end())
    const port = await listening(server)
    const spec = { type: 'tcp', address: '127.0.0.1', port } as const
    expect(await probe(spec)).toBe(true)
    server.close()
    await once(server, 'close')
    expect(await probe(spec)).toBe(false)
  })
})

describe('a probe by HTTP', () => {
  test.each([
    [200, true],
    [302, true],
    [404, false],
    [503, false],
  ])('of an answer with status %i: %s', async (status, passes) => {
    const asked: string[] = []
    const server = createHttpServer((request, reply) => {
      asked.push(`${request.method} ${request.url}`)
      // More than anybody should read for this.
      reply.writeHead(status).end('x'.repeat(1_000_000))
    })
    const port = await listening(server)
    expect(await probe({ type: 'http', address: '127.0.0.1', port, path: '/health?x=1' })).toBe(passes)
    expect(asked).toEqual(['GET /health?x=1'])
  })

  test('fails when nobody answers in time, and when it is given up', async () => {
    const port = await listening(createServer())
    const spec = { type: 'http', address: '127.0.0.1', port, path: '/' } as const
    const clock = createVirtualClock()
    const late = probe(spec, new AbortController().signal, clock)
    await clock.advance(10_000)
    expect(await late).toBe(false)
    const stop = new AbortController()
    const given = probe(spec, stop.signal)
    stop.abort()
    expect(await given).toBe(false)
  })
})

describe('a probe by a program', () => {
  test.each([
    [['/bin/sh', '-c', 'exit 0'], true],
    [['/bin/sh', '-c', 'exit 3'], false],
    [['/no/such/program'], false],
    [['test', '$HOME', '=', '$HOME'], true],
    [['/bin/sh', '-c', 'test -z "$VITEST"'], true],
  ])('%j: %s', async (argv, passes) => {
    expect(await probe({ type: 'command', argv })).toBe(passes)
  })
})
