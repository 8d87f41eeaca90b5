import { describe, expect, test } from 'vitest'
import { attach, CLUSTER, connect, recordBy, startHost, startPair, TOPIC } from './hosts.ts'
import { until } from './until.ts'

describe('two members', () => {
  test('have the names of their keys', async () => {
    const host = await startHost()
    expect(host.self).toBe(host.identity.peer)
    expect(host.addresses()[0]).toMatch(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+$/)
  })

  test('connect, ask, answer, and see each other off', async () => {
    const [left, right] = await startPair()
    await connect(left, right)
    left.link.transport.request(right.self, 7, { type: 'probe', suspected: undefined }, 10_000)
    const asked = await right.told('requested', left.self)
    expect(asked.body).toEqual({ type: 'probe', suspected: undefined })
    right.link.transport.answer(left.self, asked.id, { type: 'here' })
    expect(await left.told('answered', right.self)).toMatchObject({ id: 7, body: { type: 'here' } })
    left.link.transport.hangUp(right.self)
    expect(await left.told('disconnected', right.self)).toMatchObject({ isAsked: true })
    expect(await right.told('disconnected', left.self)).toMatchObject({ isAsked: true })
  })

  test('gossip what is accepted', async () => {
    const [left, right] = await startPair()
    right.link.transport.subscribe(TOPIC)
    left.link.transport.subscribe(TOPIC)
    await connect(left, right)
    let sequence = 0
    const heard = await until('a message', () => {
      sequence += 1
      left.link.transport.publish(TOPIC, recordBy(left, sequence))
      return right.events.find((event) => event.type === 'message')
    })
    expect(heard.type === 'message' && heard.message.record.owner).toBe(left.self)
  })

  test('speak protocols in frames', async () => {
    const [left, right] = await startPair()
    await connect(left, right)
    const protocol = { name: '/muster/test/1', maxFrameBytes: 1024, deadlineMs: 10_000, maxPerPeer: 2 }
    right.link.streams.serve(protocol, async (stream) => {
      for (let frame = await stream.receive(); frame !== undefined; frame = await stream.receive()) {
        await stream.send(frame.toReversed())
      }
    })
    const stream = await left.link.streams.open(right.self, protocol)
    await stream.send(Uint8Array.of(1, 2, 3))
    expect(await stream.receive()).toEqual(Uint8Array.of(3, 2, 1))
    await stream.close()
    expect(await stream.receive()).toBeUndefined()
  })

  test('do not connect when one is no member', async () => {
    const [left, right] = await startPair()
    right.gate.members.delete(left.self)
    const alone = await startHost()
    const stranger = attach(alone, new Set([alone.self, right.self]), CLUSTER)
    stranger.link.transport.dial(right.self, right.host.addresses())
    await stranger.told('dial-failed', right.self)
    expect(right.events).toEqual([])
  })
})
