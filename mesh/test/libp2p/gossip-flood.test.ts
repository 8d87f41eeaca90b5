import type { Stream } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { systemClock } from '@muster/runtime/clock.ts'
import { createLibp2p } from 'libp2p'
import { expect, onTestFinished, test } from 'vitest'
import { breakOffFloods } from '../../src/libp2p/gossip-flood.ts'
import { until } from './until.ts'

const PROTOCOL = '/muster/test/1'
const RATE = { perSecond: 1, burst: 64 * 1024 }

async function startPlain() {
  const node = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
  })
  onTestFinished(() => node.stop())
  return node
}

test('a neighbor that sends more than there can be is broken off, one below that is not', async () => {
  const [from, to] = [await startPlain(), await startPlain()]
  const taken: { readonly stream: Stream; bytes: number }[] = []
  await to.handle(PROTOCOL, async (stream) => {
    const one = { stream, bytes: 0 }
    taken.push(one)
    stream.addEventListener('message', ({ data }) => {
      one.bytes += data.byteLength
    })
    await breakOffFloods(stream, systemClock, RATE)
    stream.send(Uint8Array.of(1))
  })
  const connection = await from.dial(to.getMultiaddrs())
  const send = async (bytes: number) => {
    const stream = await connection.newStream(PROTOCOL)
    await new Promise((resolve) => stream.addEventListener('message', resolve, { once: true }))
    for (let sent = 0; sent < bytes && stream.status === 'open'; sent += 1024) stream.send(new Uint8Array(1024))
    return stream
  }
  const modest = await send(32 * 1024)
  await until('all of it', () => (taken[0]?.bytes === 32 * 1024 ? true : undefined))
  const flood = await send(1024 * 1024)
  await until('the end', () => (flood.status === 'open' ? undefined : true))
  expect(flood.status).toBe('reset')
  expect(taken[1]?.bytes).toBeLessThan(512 * 1024)
  expect(modest.status).toBe('open')
})
