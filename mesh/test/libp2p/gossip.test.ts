import { expect, test } from 'vitest'
import { connect, recordBy, startNodes, startPair, TOPIC } from './hosts.ts'
import { until } from './until.ts'

test('a message reaches ten nodes over a chain of connections, and each of them once', async () => {
  const nodes = await startNodes(10)
  for (const { link } of nodes) link.transport.subscribe(TOPIC)
  await Promise.all(nodes.slice(1).map((node, index) => connect(node, nodes[index] ?? node)))
  const [first] = nodes
  if (first === undefined) throw new Error('ten nodes were started')
  const heard = (sequence: number) =>
    nodes.map(
      ({ events }) =>
        events.filter((event) => event.type === 'message' && event.message.record.sequence === sequence).length,
    )
  const isEverywhere = (sequence: number) =>
    heard(sequence)
      .slice(1)
      .every((count) => count === 1)
  // Streams of gossip come about after `connected`: what is said before may be lost.
  let last = 0
  await until('the mesh', () => {
    last += 1
    first.link.transport.publish(TOPIC, recordBy(first, last))
    return Array.from({ length: last }, (_, index) => index + 1).some(isEverywhere) ? true : undefined
  })
  await until('the last message everywhere', () => (isEverywhere(last) ? true : undefined))
  expect(heard(last)).toEqual([0, ...Array.from({ length: 9 }, () => 1)])
})

test('what is rejected is not passed on, and whoever passes it on loses its place', async () => {
  const [left, middle, right] = await startNodes(3)
  if (left === undefined || middle === undefined || right === undefined) throw new Error('three nodes were started')
  for (const { link } of [left, middle, right]) link.transport.subscribe(TOPIC)
  await connect(left, middle)
  await connect(middle, right)
  middle.gate.verdict = 'reject'
  let sequence = 0
  const heard: number[] = []
  await until('silence after the first messages', () => {
    sequence += 1
    left.link.transport.publish(TOPIC, recordBy(left, sequence))
    heard.push(middle.gate.received.length)
    return heard.length > 60 && heard.at(-60) === heard.at(-1) && (heard.at(-1) ?? 0) > 0 ? true : undefined
  })
  expect(right.gate.received).toEqual([])
})

test('gossip goes on when both have dialed each other and one connection is closed', async () => {
  const [left, right] = await startPair()
  for (const { link } of [left, right]) link.transport.subscribe(TOPIC)
  left.link.transport.dial(right.self, right.host.addresses())
  right.link.transport.dial(left.self, left.host.addresses())
  await Promise.all([left.told('connected', right.self), right.told('connected', left.self)])
  await until('one connection', () => (left.host.connections().length === 1 ? true : undefined))
  for (const [from, to] of [
    [left, right],
    [right, left],
  ] as const) {
    let sequence = 0
    await until('a message', () => {
      sequence += 1
      from.link.transport.publish(TOPIC, recordBy(from, sequence))
      return to.events.find(({ type }) => type === 'message')
    })
  }
  for (const { events } of [left, right]) {
    expect(events.filter(({ type }) => type === 'connected')).toHaveLength(1)
    expect(events.filter(({ type }) => type === 'disconnected')).toHaveLength(0)
  }
})
