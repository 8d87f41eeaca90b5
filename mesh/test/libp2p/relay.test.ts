import { expect, test } from 'vitest'
import type { PeerId } from '../../src/admission/membership.ts'
import { attach, connect, startHost } from './hosts.ts'
import { until } from './until.ts'

test('two members that listen nowhere meet through a relay, and traffic of theirs is not cut off', async () => {
  const members = new Set<PeerId>()
  const relay = await startHost({ isRelay: true })
  const relays = relay.addresses().map((address) => `${address}/p2p/${relay.self}`)
  const hidden = await startHost({ listen: [], relays })
  const other = await startHost({ listen: [], relays: [] })
  for (const { self } of [relay, hidden, other]) members.add(self)
  const middle = attach(relay, members)
  const left = attach(hidden, members)
  const right = attach(other, members)
  const address = await until('a relayed address', () => hidden.addresses().find((one) => one.includes('p2p-circuit')))
  expect(middle.events.filter(({ type }) => type === 'connected')).toHaveLength(1)
  right.link.transport.dial(left.self, [address])
  await Promise.all([left.told('connected', right.self), right.told('connected', left.self)])
  expect(right.host.connections().find(({ peer }) => peer === left.self)).toMatchObject({ isRelayed: true })

  const protocol = { name: '/muster/test/1', maxFrameBytes: 1024 * 1024, deadlineMs: 20_000, maxPerPeer: 2 }
  left.link.streams.serve(protocol, async (stream) => {
    await stream.send(new Uint8Array(1024 * 1024).fill(7))
  })
  const stream = await right.link.streams.open(left.self, protocol)
  expect((await stream.receive())?.length).toBe(1024 * 1024)
})

test('a stranger gets no place at a relay', async () => {
  const relay = await startHost({ isRelay: true })
  const relays = relay.addresses().map((address) => `${address}/p2p/${relay.self}`)
  const members = new Set([relay.self])
  attach(relay, members)
  const stranger = await startHost({ listen: [], relays })
  const outside = attach(stranger, new Set([relay.self, stranger.self]))
  outside.link.transport.dial(relay.self, relay.addresses())
  await outside.told('dial-failed', relay.self)
  expect(stranger.addresses()).toEqual([])
})

test('who is connected directly stays so', async () => {
  const members = new Set<PeerId>()
  const hosts = [await startHost({ isRelay: true }), await startHost()] as const
  for (const { self } of hosts) members.add(self)
  const [left, right] = [attach(hosts[0], members), attach(hosts[1], members)]
  await connect(left, right)
  expect(left.host.connections()).toMatchObject([{ peer: right.self, isRelayed: false }])
})
