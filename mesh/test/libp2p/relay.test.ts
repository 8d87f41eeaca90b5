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

test('a connection through a relay gives way to a direct one when that is possible, at both ends', async () => {
  const members = new Set<PeerId>()
  const relay = await startHost({ isRelay: true })
  const relays = relay.addresses().map((address) => `${address}/p2p/${relay.self}`)
  const hosts = [await startHost({ relays }), await startHost()] as const
  for (const { self } of [relay, ...hosts]) members.add(self)
  attach(relay, members)
  const [left, right] = [attach(hosts[0], members), attach(hosts[1], members)]
  const relayed = await until('a relayed address', () =>
    left.host.addresses().find((one) => one.includes('p2p-circuit')),
  )
  const direct = left.host.addresses().filter((one) => !one.includes('p2p-circuit'))
  const routesOf = ({ events }: typeof left, peer: PeerId) =>
    events.flatMap((event) => (event.type === 'routed' && event.peer === peer ? [event.isRelayed] : []))
  const waysOf = () =>
    right.host.connections().flatMap(({ peer, isRelayed }) => (peer === left.self ? [isRelayed] : []))
  const isDialedInVain = () => (right.events.some(({ type }) => type === 'dial-failed') ? true : undefined)

  right.link.transport.dial(left.self, [relayed])
  await Promise.all([left.told('routed', right.self), right.told('routed', left.self)])
  right.link.transport.dial(left.self, [relayed])
  await until('word that there is no other way', isDialedInVain)
  expect(waysOf()).toEqual([true])

  right.link.transport.dial(left.self, [relayed, ...direct])
  await until('a direct way at both ends', () =>
    routesOf(left, right.self).length === 2 && routesOf(right, left.self).length === 2 ? true : undefined,
  )
  expect([routesOf(left, right.self), routesOf(right, left.self)]).toEqual([
    [true, false],
    [true, false],
  ])
  await until('the end of the other', () => (waysOf().join() === 'false' ? true : undefined))
  expect(right.events.some((event) => event.type === 'disconnected' && event.peer === left.self)).toBe(false)
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
