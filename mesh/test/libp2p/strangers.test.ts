import { gossipsub, StrictNoSign } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { systemRandom } from '@muster/runtime/random.ts'
import { createVirtualClock } from '@muster/runtime/virtual-clock.ts'
import { createLibp2p } from 'libp2p'
import { describe, expect, onTestFinished, test } from 'vitest'
import { prefixed } from '../../src/libp2p/frame-reader.ts'
import { encodeRequest } from '../../src/member/request-codec.ts'
import type { FrameProtocol } from '../../src/network/streams.ts'
import { attach, CLUSTER, connect, recordBy, startHost, startPair, type TestNode, TOPIC } from './hosts.ts'
import { until } from './until.ts'

const SYNC: FrameProtocol = { name: '/muster/sync/1', maxFrameBytes: 1024, deadlineMs: 10_000, maxPerPeer: 4 }
const JOIN: FrameProtocol = { ...SYNC, name: '/muster/join/1', isOpenToStrangers: true }

/** A libp2p node that is no part of Muster. */
async function startRaw() {
  const node = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: {
      identify: identify(),
      pubsub: gossipsub({ globalSignaturePolicy: StrictNoSign, allowPublishToZeroTopicPeers: true }),
    },
  })
  onTestFinished(() => node.stop())
  return node
}

type Raw = Awaited<ReturnType<typeof startRaw>>

/** What comes back when bytes are sent to a protocol. */
async function tell(raw: Raw, node: TestNode, protocol: string, bytes: Uint8Array): Promise<string> {
  const addresses = node.host.addresses().map((one) => multiaddr(`${one}/p2p/${node.self}`))
  const connection = await raw.dial(addresses)
  const stream = await connection.newStream(protocol).catch(() => undefined)
  if (stream === undefined) return 'not spoken'
  let answer = ''
  const ended = new Promise<void>((resolve) => stream.addEventListener('close', () => resolve()))
  stream.addEventListener('message', ({ data }) => {
    answer += Buffer.from(data.subarray()).toString('hex')
  })
  if (stream.status !== 'open') return 'reset'
  stream.send(bytes)
  const said = until('an answer', () => (answer === '' ? undefined : answer))
  return Promise.race([ended.then(() => 'reset'), said])
}

const named = (frame: Uint8Array, cluster = CLUSTER) =>
  Uint8Array.from([...prefixed(new TextEncoder().encode(cluster)), ...prefixed(frame)])

describe('a stranger', () => {
  test('opens no protocol but those open to strangers', async () => {
    const [node, other] = await startPair()
    await connect(node, other)
    node.link.streams.serve(SYNC, (stream) => stream.send(Uint8Array.of(1)))
    node.link.streams.serve(JOIN, (stream) => stream.send(Uint8Array.of(2)))
    const raw = await startRaw()
    const probe = encodeRequest({ type: 'probe', suspected: undefined })
    expect(await tell(raw, node, '/muster/member/1', named(probe))).toBe('reset')
    expect(await tell(raw, node, SYNC.name, named(probe))).toBe('reset')
    expect(await tell(raw, node, JOIN.name, named(probe, 'clu_other'))).toBe('reset')
    expect(await tell(raw, node, JOIN.name, named(probe))).toBe('0000000102')
    expect(node.events.filter(({ type }) => type === 'requested')).toEqual([])
  })

  test('neither hears nor is heard in gossip', async () => {
    const [node, other] = await startPair()
    for (const { link } of [node, other]) link.transport.subscribe(TOPIC)
    await connect(node, other)
    const raw = await startRaw()
    const heard: string[] = []
    raw.services.pubsub.addEventListener('message', ({ detail }) => heard.push(detail.topic))
    raw.services.pubsub.subscribe(TOPIC)
    const told = Promise.withResolvers<readonly string[]>()
    raw.addEventListener('peer:identify', ({ detail }) => told.resolve(detail.protocols))
    await raw.dial(node.host.addresses().map((one) => multiaddr(`${one}/p2p/${node.self}`)))
    const protocols = await told.promise
    const gossip = protocols.find((one) => one.startsWith('/muster/gossip/'))
    expect(gossip).toBeDefined()
    expect(protocols.join()).not.toContain(CLUSTER)
    raw.services.pubsub.protocols = [gossip ?? '']
    expect(await tell(raw, node, gossip ?? '', Uint8Array.of(0))).toBe('reset')
    let sequence = 0
    await until('a message', () => {
      sequence += 1
      node.link.transport.publish(TOPIC, recordBy(node, sequence))
      void raw.services.pubsub.publish(TOPIC, recordBy(other, sequence).bytes)
      return other.events.find(({ type }) => type === 'message')
    })
    expect(heard).toEqual([])
    expect(node.gate.received).toEqual([])
  })

  test('may send whatever it likes to any protocol, and the node goes on', async () => {
    const [node, other] = await startPair()
    await connect(node, other)
    node.link.streams.serve(JOIN, async (stream) => {
      for (let frame = await stream.receive(); frame !== undefined; frame = await stream.receive()) void frame
    })
    const raw = await startRaw()
    const header = prefixed(new TextEncoder().encode(CLUSTER))
    const attacks = [
      Uint8Array.of(0xff, 0xff, 0xff, 0xff),
      systemRandom.bytes(5_000),
      Uint8Array.from([...header, 0xff, 0xff, 0xff, 0xff]),
      prefixed(new Uint8Array(300)),
    ]
    for (const attack of attacks) {
      for (const name of ['/muster/member/1', JOIN.name]) {
        expect(await tell(raw, node, name, attack), `${name} ${attack.length}`).toBe('reset')
      }
      const connection = raw.getConnections()[0]
      await tell(raw, node, '/muster/hello/1', attack)
      await until('the end of the connection', () => (connection?.status === 'open' ? undefined : true))
    }
    node.link.transport.request(other.self, 1, { type: 'peers' }, 10_000)
    const asked = await other.told('requested')
    other.link.transport.answer(node.self, asked.id, { type: 'peers', peers: [] })
    await node.told('answered')
    expect(node.events.some(({ type }) => type === 'disconnected')).toBe(false)
  })

  test('that opens many conversations and says nothing in them is cut off', async () => {
    const [node] = await startPair()
    node.link.streams.serve(JOIN, async (stream) => {
      await stream.receive()
      await stream.send(Uint8Array.of(2))
    })
    const raw = await startRaw()
    const connection = await raw.dial(node.host.addresses().map((one) => multiaddr(`${one}/p2p/${node.self}`)))
    for (let count = 0; count < 20; count++) connection.newStream(JOIN.name).catch(() => undefined)
    await until('its end', () => (connection.status === 'open' ? undefined : true))
    // Another one is served all the same.
    const other = await startRaw()
    expect(await tell(other, node, JOIN.name, named(Uint8Array.of(1)))).toBe('0000000102')
  })

  test('that does nothing is closed after half a minute', async () => {
    const clock = createVirtualClock()
    const host = await startHost({}, clock)
    attach(host, new Set([host.self]))
    const raw = await startRaw()
    const connection = await raw.dial(host.addresses().map((one) => multiaddr(`${one}/p2p/${host.self}`)))
    await until('the connection', () => host.connections().find(({ peer }) => peer === raw.peerId.toString()))
    await clock.advance(25_000)
    expect(connection.status).toBe('open')
    await clock.advance(15_000)
    await until('its end', () => (connection.status === 'open' ? undefined : true))
    await until('its end on the other side', () => (host.connections().length === 0 ? true : undefined))
  })
})
