import { execFile } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { Resolver } from 'node:dns/promises'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { promisify } from 'node:util'
import type { PeerId } from '@muster/mesh/admission/membership.ts'
import { type Clock, systemClock } from '@muster/runtime/clock.ts'
import { type Log, type LogFields, silentLog } from '@muster/runtime/log.ts'
import { systemRandom } from '@muster/runtime/random.ts'
import { createVirtualClock } from '@muster/runtime/virtual-clock.ts'
import { createDnsService } from '@muster/vm-agent/directory/dns-service.ts'
import type { Endpoint } from '@muster/vm-agent/directory/endpoint.ts'
import { decode, streamEncode } from 'dns-packet'
import { afterEach, describe, expect, test } from 'vitest'
import { createCluster } from './cluster.ts'
import { hasProgram } from './programs.ts'

const ANN = 'ann' as PeerId
/** Length and answer of a question for `squid.service.muster` with one address. */
const ANSWER_BYTES = 2 + 12 + 26 + 22 + 14
const stops: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

async function start(
  log: Log = silentLog,
  listen: Endpoint = { host: '127.0.0.1', port: 0 },
  clock: Clock = systemClock,
) {
  const cluster = createCluster(clock)
  const stopper = new AbortController()
  const listening = Promise.withResolvers<Endpoint>()
  const parts = { lookup: cluster.mesh, listen, clock, random: systemRandom, log }
  const run = createDnsService({ ...parts, onListening: listening.resolve })
    .run({ signal: stopper.signal, ready: () => undefined })
    .catch((error: unknown) => {
      if (!stopper.signal.aborted) throw error
    })
  stops.push(async () => {
    stopper.abort(new DOMException('stop', 'AbortError'))
    await run
  })
  return { ...cluster, listening: listening.promise }
}

describe('DNS of the agent', () => {
  test('answers a resolver by datagram, and by stream what is too long for one', async () => {
    const { state, listening } = await start()
    const { host, port } = await listening
    const ports = Array.from({ length: 8 }, (_, index) => ({ name: `port-${index}`, port: 9000 + index }))
    state(ANN, 'squid', { address: '10.0.0.1', ports })
    state(ANN, 'six', { address: 'fd00::1' })
    const resolver = new Resolver({ timeout: 10_000 })
    resolver.setServers([`${host}:${port}`])
    expect(await resolver.resolve4('squid.service.muster', { ttl: true })).toEqual([{ address: '10.0.0.1', ttl: 5 }])
    expect(await resolver.resolve6('six.service.muster')).toEqual(['fd00::1'])
    const places = await resolver.resolveSrv('squid.service.muster')
    expect(places.map((place) => place.port).sort()).toEqual(ports.map((one) => one.port))
    await expect(resolver.resolve4('nobody.service.muster')).rejects.toMatchObject({ code: 'ENOTFOUND' })
    await expect(resolver.resolve6('squid.service.muster')).rejects.toMatchObject({ code: 'ENODATA' })
  })

  test('answers several questions of one connection, also when they come byte by byte', async () => {
    const { state, listening } = await start()
    state(ANN, 'squid', { address: '10.0.0.1' })
    const socket = connect(await listening)
    const question = (id: number) =>
      streamEncode({ type: 'query', id, questions: [{ type: 'A', name: 'squid.service.muster' }] })
    for (const byte of question(1)) socket.write(Uint8Array.of(byte))
    socket.write(Buffer.concat([question(2), question(3)]))
    let received = Buffer.alloc(0)
    const ids: number[] = []
    for await (const bytes of socket) {
      received = Buffer.concat([received, bytes as Buffer])
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const end = 2 + received.readUInt16BE(0)
        ids.push(decode(received.subarray(2, end)).id ?? -1)
        received = received.subarray(end)
      }
      if (ids.length === 3) socket.end()
    }
    expect(ids).toEqual([1, 2, 3])
  })

  test('closes a connection that brings rubble, and goes on answering', async () => {
    const { state, listening } = await start()
    const endpoint = await listening
    state(ANN, 'squid', { address: '10.0.0.1' })
    for (const rubble of [Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.from([0, 3, 1, 2, 3])]) {
      const socket = connect(endpoint)
      socket.on('error', () => undefined)
      socket.write(rubble)
      await once(socket, 'close')
    }
    const sender = createSocket('udp4')
    for (let index = 0; index < 50; index += 1) sender.send(Buffer.alloc(index, index), endpoint.port, endpoint.host)
    const resolver = new Resolver({ timeout: 10_000 })
    resolver.setServers([`${endpoint.host}:${endpoint.port}`])
    expect(await resolver.resolve4('squid.service.muster')).toEqual(['10.0.0.1'])
    sender.close()
  })

  test('answers so many questions at once and no more, until time has passed', async () => {
    const clock = createVirtualClock()
    const { state, listening } = await start(silentLog, undefined, clock)
    const endpoint = await listening
    state(ANN, 'squid', { address: '10.0.0.1' })
    const question = streamEncode({ type: 'query', id: 1, questions: [{ type: 'A', name: 'squid.service.muster' }] })
    const answered = async (count: number) => {
      const socket = connect(endpoint)
      socket.on('error', () => undefined)
      for (let index = 0; index < count; index += 1) socket.write(question)
      let bytes = 0
      socket.on('data', (data) => {
        bytes += data.length
        if (bytes === count * ANSWER_BYTES) socket.end()
      })
      await new Promise<void>((resolve) => socket.once('close', () => resolve()))
      return bytes / ANSWER_BYTES
    }
    expect(await answered(10)).toBe(10)
    expect(await answered(5_000)).toBeLessThanOrEqual(3_990)
    expect(await answered(1)).toBe(0)
    await clock.advance(1_000)
    expect(await answered(1_000)).toBe(1_000)
  })

  test('says once that its address is taken, and listens as soon as it is free', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0
    const told = Promise.withResolvers<string>()
    const warn = (_: LogFields, message: string) => told.resolve(message)
    const { listening } = await start({ ...silentLog, warn }, { host: '127.0.0.1', port })
    expect(await told.promise).toContain(`127.0.0.1:${port} (EADDRINUSE: another program`)
    other.close()
    expect(await listening).toEqual({ host: '127.0.0.1', port })
  })

  test.runIf(hasProgram('dig'))('is understood by dig, with and without EDNS and cookies', async () => {
    const { state, listening } = await start()
    const { host, port } = await listening
    state(ANN, 'squid', { address: '10.0.0.1', ports: [{ name: 'http', port: 3128 }] })
    const dig = async (...args: string[]) =>
      (await promisify(execFile)('dig', [`@${host}`, '-p', String(port), ...args])).stdout
    expect(await dig('+short', 'squid.service.muster')).toBe('10.0.0.1\n')
    expect(await dig('+short', '+tcp', 'squid.service.muster', 'A')).toBe('10.0.0.1\n')
    expect(await dig('+short', '+noedns', '_http._tcp.squid.service.muster', 'SRV')).toBe(
      '1 1 3128 10-0-0-1.ip.addr.service.muster.\n',
    )
    const missing = await dig('nobody.service.muster')
    expect(missing).toContain('status: NXDOMAIN')
    expect(missing).toMatch(/service\.muster\.\s+2\s+IN\s+SOA/)
    expect(missing).not.toContain('WARNING: Message')
    expect(await dig('example.org')).toContain('status: REFUSED')
    expect(await dig('+edns=1', '+noednsnegotiation', 'squid.service.muster')).toContain('status: BADVERS')
  })
})
