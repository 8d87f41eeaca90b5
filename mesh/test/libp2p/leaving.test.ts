import { expect, test } from 'vitest'
import { attach, CLUSTER, connect, recordBy, startHost, startPair, TOPIC } from './hosts.ts'
import { until } from './until.ts'

test('who is a member no longer is parted from, and does not come back', async () => {
  const [left, right] = await startPair()
  await connect(left, right)
  const protocol = { name: '/muster/test/1', maxFrameBytes: 1024, deadlineMs: 20_000, maxPerPeer: 2 }
  left.link.streams.serve(protocol, async (stream) => {
    await stream.send(Uint8Array.of(1))
    await stream.receive()
  })
  const stream = await right.link.streams.open(left.self, protocol)
  await stream.receive()
  left.gate.members.delete(right.self)
  // The two share a set of members: from here on, what the one that is parted from believes.
  right.gate.isAdmitted = () => true
  right.gate.hello = () => ({ certificate: `certificate of ${right.self}`, definitionVersion: 1 })
  right.gate.admit = async () => undefined
  left.link.recheck()
  expect(await right.told('disconnected', left.self)).toMatchObject({ isAsked: true })
  expect(await left.told('disconnected', right.self)).toMatchObject({ isAsked: true })
  await expect(stream.receive()).rejects.toMatchObject({ code: 'unreachable' })
  await until('the end of the connection', () => (left.host.connections().length === 0 ? true : undefined))
  right.link.transport.dial(left.self, left.host.addresses())
  await right.told('dial-failed', left.self)
  expect(left.events.filter(({ type }) => type === 'connected')).toHaveLength(1)
})

test('a cluster that is entered again while it is being left works as before', async () => {
  const [left, right] = await startPair()
  await connect(left, right)
  const leaving = left.link.detach()
  const again = attach(left.host, left.gate.members)
  await leaving
  await right.told('disconnected', left.self)
  for (const { link } of [again, right]) link.transport.subscribe(TOPIC)
  right.events.length = 0
  await until('the connection', () => {
    again.link.transport.dial(right.self, right.host.addresses())
    return again.events.find(({ type }) => type === 'connected')
  })
  let sequence = 0
  await until('a message', () => {
    sequence += 1
    again.link.transport.publish(TOPIC, recordBy(again, sequence))
    return right.events.find(({ type }) => type === 'message')
  })
  expect(left.events.filter(({ type }) => type === 'connected')).toHaveLength(1)
})

test('hanging up ends what one cluster has with a peer, and no more', async () => {
  const [one, two] = [await startHost(), await startHost()]
  const members = new Set([one.self, two.self])
  const [left, right] = [attach(one, members), attach(two, members)]
  const [leftToo, rightToo] = [attach(one, members, `${CLUSTER}_too`), attach(two, members, `${CLUSTER}_too`)]
  await connect(left, right)
  await Promise.all([leftToo.told('connected'), rightToo.told('connected')])
  left.link.transport.hangUp(two.self)
  await Promise.all([left.told('disconnected'), right.told('disconnected')])
  expect(one.connections()).toHaveLength(1)
  expect(leftToo.events.some(({ type }) => type === 'disconnected')).toBe(false)
  leftToo.link.transport.hangUp(two.self)
  expect(await rightToo.told('disconnected')).toMatchObject({ isAsked: true })
  await until('the end of the connection', () => (two.connections().length === 0 ? true : undefined))
})
