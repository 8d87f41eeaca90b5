import { describe, expect, test } from 'vitest'
import type { FrameProtocol } from '../../src/network/streams.ts'
import { attach, connect, startHost, startPair } from './hosts.ts'
import { until } from './until.ts'

const PROTOCOL: FrameProtocol = { name: '/muster/test/1', maxFrameBytes: 256 * 1024, deadlineMs: 20_000, maxPerPeer: 2 }

/** Lets everything else of the process go on so many times. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

describe('frames', () => {
  test('arrive whole and in order, and wait at the sender while nobody reads', async () => {
    const [left, right] = await startPair()
    await connect(left, right)
    const reading = Promise.withResolvers<void>()
    const received: number[] = []
    right.link.streams.serve(PROTOCOL, async (stream) => {
      await reading.promise
      for (let frame = await stream.receive(); frame !== undefined; frame = await stream.receive()) {
        expect(frame.length).toBe(200 * 1024)
        expect(frame.every((byte) => byte === frame[0])).toBe(true)
        received.push(frame[0] ?? -1)
      }
    })
    const stream = await left.link.streams.open(right.self, PROTOCOL)
    let sent = 0
    const sending = (async () => {
      for (; sent < 40; sent++) await stream.send(new Uint8Array(200 * 1024).fill(sent))
      await stream.close()
    })()
    const before = await until('a standstill', () => (sent > 0 ? sent : undefined))
    const traffic = left.host.traffic().sentBytes
    expect(before).toBeLessThan(10)
    reading.resolve()
    await sending
    expect(await stream.receive()).toBeUndefined()
    expect(received).toEqual(Array.from({ length: 40 }, (_, index) => index))
    expect(left.host.traffic().sentBytes - traffic).toBeGreaterThan(30 * 200 * 1024)
  })

  test('that are small cost nothing in the other direction', async () => {
    const [left, right] = await startPair()
    await connect(left, right)
    const received: number[] = []
    right.link.streams.serve(PROTOCOL, async (stream) => {
      for (let frame = await stream.receive(); frame !== undefined; frame = await stream.receive()) {
        received.push(frame[0] ?? -1)
      }
    })
    const stream = await left.link.streams.open(right.self, PROTOCOL)
    await stream.send(Uint8Array.of(0))
    await until('the first frame', () => (received.length > 0 ? true : undefined))
    const before = right.host.traffic().sentBytes
    for (let frame = 1; frame <= 40; frame++) {
      await stream.send(Uint8Array.of(frame))
      await until('the next frame', () => (received.length > frame ? true : undefined))
    }
    // Greetings and pings may fall into this time; a frame of window for each of ours would be 1200 bytes.
    expect(right.host.traffic().sentBytes - before).toBeLessThan(600)
    await stream.close()
  })

  test('that are longer than what is read ahead arrive at a reader that is slower than the sender', async () => {
    const [left, right] = await startPair()
    await connect(left, right)
    const received: number[] = []
    const done = Promise.withResolvers<void>()
    right.link.streams.serve(PROTOCOL, async (stream) => {
      try {
        for (let frame = await stream.receive(); frame !== undefined; frame = await stream.receive()) {
          received.push(frame[0] ?? -1)
          await turns(20)
        }
        done.resolve()
      } catch (error) {
        done.reject(error)
      }
    })
    const stream = await left.link.streams.open(right.self, PROTOCOL)
    for (let count = 0; count < 100; count++) await stream.send(new Uint8Array(150 * 1024).fill(count))
    await stream.close()
    await done.promise
    expect(received).toEqual(Array.from({ length: 100 }, (_, index) => index))
  })

  test('that wait at the sender fail when the other side resets the stream', async () => {
    const [left, right] = await startPair()
    await connect(left, right)
    const isFull = Promise.withResolvers<void>()
    right.link.streams.serve(PROTOCOL, async (stream) => {
      await isFull.promise
      stream.reset()
    })
    const stream = await left.link.streams.open(right.self, PROTOCOL)
    const sending = (async () => {
      for (;;) await stream.send(new Uint8Array(200 * 1024))
    })()
    sending.catch(() => undefined)
    let traffic = -1
    await until('a standstill', () => {
      const { sentBytes } = left.host.traffic()
      const isStill = sentBytes === traffic && sentBytes > 200 * 1024
      traffic = sentBytes
      return isStill ? true : undefined
    })
    isFull.resolve()
    await expect(sending).rejects.toMatchObject({ code: 'unreachable' })
  })

  test('that are larger than the protocol takes are refused on both sides', async () => {
    const [left, right] = await startPair()
    await connect(left, right)
    const failure = Promise.withResolvers<unknown>()
    right.link.streams.serve({ ...PROTOCOL, maxFrameBytes: 100 }, async (stream) => {
      await stream.receive().catch(failure.resolve)
    })
    const stream = await left.link.streams.open(right.self, PROTOCOL)
    await expect(stream.send(new Uint8Array(PROTOCOL.maxFrameBytes + 1))).rejects.toMatchObject({ code: 'too-large' })
    await stream.send(new Uint8Array(101))
    expect(await failure.promise).toMatchObject({ code: 'too-large' })
    await expect(stream.receive()).rejects.toMatchObject({ code: 'unreachable' })
  })

  test('of more conversations than a peer may have are reset', async () => {
    const [left, right] = await startPair()
    await connect(left, right)
    right.link.streams.serve(PROTOCOL, async (stream) => {
      await stream.send(Uint8Array.of(1))
      await stream.receive()
    })
    const first = await left.link.streams.open(right.self, PROTOCOL)
    const second = await left.link.streams.open(right.self, PROTOCOL)
    expect(await Promise.all([first.receive(), second.receive()])).toEqual([Uint8Array.of(1), Uint8Array.of(1)])
    const third = await left.link.streams.open(right.self, PROTOCOL)
    await expect(third.receive()).rejects.toMatchObject({ code: 'unreachable' })
    first.reset()
    second.reset()
  })

  test('end with the deadline of the protocol', async () => {
    const [left, right] = await startPair()
    await connect(left, right)
    const brief = { ...PROTOCOL, deadlineMs: 300 }
    right.link.streams.serve(PROTOCOL, async (stream) => {
      await stream.receive()
    })
    const stream = await left.link.streams.open(right.self, brief)
    await expect(stream.receive()).rejects.toMatchObject({ code: 'unreachable' })
  })

  test('to who does not speak the protocol, is unknown or does not let this node in are refused', async () => {
    const [left, right] = await startPair()
    await connect(left, right)
    await expect(left.link.streams.open(right.self, PROTOCOL)).rejects.toMatchObject({ code: 'unreachable' })
    const alone = await startHost()
    const stranger = attach(alone, new Set([alone.self, right.self]))
    await expect(stranger.link.streams.open(right.self, PROTOCOL)).rejects.toMatchObject({ code: 'unreachable' })
    const addresses = right.host.addresses()
    await expect(stranger.link.streams.open(right.self, PROTOCOL, { addresses })).rejects.toMatchObject({
      code: 'refused',
    })
    const aborted = AbortSignal.abort(new Error('asked to stop'))
    await expect(left.link.streams.open(right.self, PROTOCOL, { signal: aborted })).rejects.toThrow('asked to stop')
  })
})

describe('a host in two clusters', () => {
  test('keeps them apart', async () => {
    const [one, two] = [await startHost(), await startHost()]
    const both = new Set([one.self, two.self])
    const [left, right] = [attach(one, both, 'clu_a'), attach(two, both, 'clu_a')]
    const [other, foreign] = [attach(one, both, 'clu_b'), attach(two, new Set([two.self]), 'clu_b')]
    const answers = (name: string) => async (stream: { send(frame: Uint8Array): Promise<void> }) =>
      stream.send(new TextEncoder().encode(name))
    right.link.streams.serve(PROTOCOL, answers('a'))
    foreign.link.streams.serve(PROTOCOL, answers('b'))
    await connect(left, right)
    const stream = await left.link.streams.open(right.self, PROTOCOL)
    expect(new TextDecoder().decode(await stream.receive())).toBe('a')
    await expect(other.link.streams.open(right.self, PROTOCOL)).rejects.toMatchObject({ code: 'refused' })
    other.link.transport.dial(two.self, two.addresses())
    await other.told('dial-failed', two.self)
    expect(other.events.some(({ type }) => type === 'connected')).toBe(false)
    expect(foreign.events).toEqual([])

    // Once it is a member there too, the connection that stands serves both.
    foreign.gate.members.add(one.self)
    foreign.link.recheck()
    await Promise.all([other.told('connected', two.self), foreign.told('connected', one.self)])
    expect(one.connections()).toHaveLength(1)
    await left.link.detach()
    expect(await right.told('disconnected', one.self)).toMatchObject({ isAsked: true })
    expect(other.events.some(({ type }) => type === 'disconnected')).toBe(false)
    expect(one.connections()).toHaveLength(1)
    await other.link.detach()
    await until('the end of the connection', () => (two.connections().length === 0 ? true : undefined))
  })
})
