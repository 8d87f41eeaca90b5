import { createVirtualClock } from '@muster/runtime/virtual-clock.ts'
import { describe, expect, test } from 'vitest'
import { createMemoryHosts, type MemoryHost } from '../../src/network/memory-host.ts'
import type { AdmissionGate, MemberTransportEvent } from '../../src/network/network-host.ts'
import type { SignedRecord } from '../../src/records/record.ts'
import { CLUSTER } from '../admission/cluster.ts'
import { recordOf, unsigned } from '../records/records.ts'

const MESSAGE: SignedRecord = unsigned(recordOf())

/** Lets everybody in whom the test does not shut out, and takes each message once. */
function join(host: MemoryHost, shutOut = new Set<string>()) {
  const events: MemberTransportEvent[] = []
  const seen = new Set<string>()
  const gate: AdmissionGate = {
    hello: () => ({ definitionVersion: 1 }),
    async admit(peer) {
      if (shutOut.has(peer)) throw new Error('shut out')
    },
    isAdmitted: (peer) => !shutOut.has(peer),
    async receive(_topic, bytes) {
      const key = Buffer.from(bytes).toString('hex')
      if (seen.has(key)) return { verdict: 'ignore' }
      seen.add(key)
      return { verdict: 'accept', message: MESSAGE }
    },
  }
  const link = host.attach(CLUSTER, gate, (event) => events.push(event))
  link.transport.subscribe('t')
  return { link, events, shutOut, told: (type: string) => events.filter((event) => event.type === type).length }
}

function three() {
  const clock = createVirtualClock()
  const hosts = createMemoryHosts(clock)
  const [a, b, c] = [hosts.start('a'), hosts.start('b'), hosts.start('c')]
  return { clock, hosts, a, b, c, inA: join(a), inB: join(b), inC: join(c) }
}

describe('hosts inside one process', () => {
  test('connect once, whoever dials, and pass messages on over others', async () => {
    const { clock, inA, inB, inC } = three()
    inA.link.transport.dial('b', ['/memory/b'])
    inB.link.transport.dial('a', ['/memory/a'])
    inB.link.transport.dial('c', ['/memory/c'])
    await clock.advance(10)
    inA.link.transport.publish('t', MESSAGE)
    await clock.advance(10)
    expect([inA, inB, inC].map((one) => one.told('connected'))).toEqual([1, 2, 1])
    expect([inA, inB, inC].map((one) => one.told('message'))).toEqual([0, 1, 1])
  })

  test('answer requests, and fail those to nobody in their time', async () => {
    const { clock, inA, inB } = three()
    inA.link.transport.dial('b', ['/memory/b'])
    await clock.advance(10)
    inA.link.transport.request('b', 1, { type: 'peers' }, 100)
    inA.link.transport.request('nobody', 2, { type: 'peers' }, 100)
    await clock.advance(10)
    inB.link.transport.answer('a', 1, { type: 'here' })
    await clock.advance(100)
    expect(inA.events).toContainEqual({ type: 'answered', peer: 'b', id: 1, body: { type: 'here' } })
    expect(inA.events).toContainEqual({ type: 'request-failed', peer: 'nobody', id: 2 })
    expect(inA.told('request-failed')).toBe(1)
  })

  test('do not reach a host at an address it has left', async () => {
    const { clock, inA, b } = three()
    b.move(['/memory/elsewhere'])
    inA.link.transport.dial('b', ['/memory/b'])
    await clock.advance(10)
    expect(inA.told('dial-failed')).toBe(1)
    inA.link.transport.dial('b', ['/memory/elsewhere'])
    await clock.advance(10)
    expect(inA.told('connected')).toBe(1)
  })

  test('tell a death and a cut as lost, a farewell as asked for', async () => {
    const { clock, hosts, inA, inB, inC } = three()
    for (const peer of ['b', 'c']) inA.link.transport.dial(peer, [`/memory/${peer}`])
    await clock.advance(10)
    hosts.kill('b')
    await inC.link.detach()
    await clock.advance(10)
    expect(inA.events).toContainEqual({ type: 'disconnected', peer: 'b', isAsked: false })
    expect(inA.events).toContainEqual({ type: 'disconnected', peer: 'c', isAsked: true })
    expect(inB.told('disconnected')).toBe(0)
  })

  test('part from those who are not admitted any more, and greet those who are now', async () => {
    const { clock, inA, inB } = three()
    inA.shutOut.add('b')
    inB.link.transport.dial('a', ['/memory/a'])
    await clock.advance(10)
    expect([inA.told('connected'), inB.told('dial-failed')]).toEqual([0, 1])
    inA.shutOut.clear()
    inA.link.recheck()
    await clock.advance(10)
    expect([inA.told('connected'), inB.told('connected')]).toEqual([1, 1])
    inA.shutOut.add('b')
    inA.link.recheck()
    await clock.advance(10)
    expect(inB.events.at(-1)).toEqual({ type: 'disconnected', peer: 'a', isAsked: true })
  })
})
