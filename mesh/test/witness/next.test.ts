import type { PeerId } from '@muster/mesh/admission/membership.ts'
import type { WitnessEffect, WitnessEvent } from '@muster/mesh/witness/events.ts'
import { nextWitness } from '@muster/mesh/witness/next.ts'
import { initialWitness } from '@muster/mesh/witness/state.ts'
import { wakeAt } from '@muster/mesh/witness/verdict.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { connectedTo, observer, probeOf, suspectedBy, TTL_MS } from './observer.ts'

function fail(me: ReturnType<typeof observer>, ms: number, peer: PeerId, effects: readonly WitnessEffect[]) {
  me.at(ms, { type: 'probe-failed', peer, probe: probeOf(effects) })
}

describe('gone', () => {
  test('needs two distinct witnesses and their time', () => {
    const me = observer()
    for (const peer of ['x', 'v', 'w']) me.hear(0, peer)
    me.at(1_000, suspectedBy('v', 'x'))
    me.at(2_000, suspectedBy('v', 'x'))
    me.at(5_000, { type: 'tick' })
    expect(me.status('x')).toBe('suspect')
    me.at(5_100, suspectedBy('w', 'x'))
    fail(me, 5_200, 'x', me.at(5_150, { type: 'tick' }))
    expect(me.status('x')).toBe('gone')
  })

  test('needs an own look when few say so, which may save the member', () => {
    const me = observer()
    for (const peer of ['x', 'v', 'w']) me.hear(0, peer)
    me.at(1_000, suspectedBy('v', 'x'))
    me.at(1_000, suspectedBy('w', 'x'))
    const look = probeOf(me.at(1_001, { type: 'tick' }))
    me.at(4_400, { type: 'tick' })
    expect(me.status('x')).toBe('suspect')
    me.at(4_450, { type: 'probe-answered', peer: 'x', probe: look })
    expect(me.status('x')).toBe('alive')
  })

  test('follows from one witness once an observer looks for itself and cannot reach the member, as a third cannot', () => {
    const me = observer()
    for (const peer of ['x', 'v', 'r']) me.hear(0, peer)
    me.at(0, { type: 'connected', peer: 'r' })
    me.at(1_000, suspectedBy('v', 'x'))
    const before = me.effects.length
    me.at(5_900, { type: 'tick' })
    expect(me.effects.slice(before)).toEqual([])
    me.at(11_000, { type: 'tick' })
    const look = me.effects.slice(before)
    expect(look.map(({ type }) => type)).toEqual(['probe', 'probe-through'])
    const probe = probeOf(look)
    me.at(11_100, { type: 'probe-failed', peer: 'x', probe })
    expect(me.status('x')).toBe('suspect')
    const last = me.at(11_200, { type: 'relay-answered', peer: 'x', probe, isReachable: false })
    expect(last).toContainEqual({ type: 'suspect', peer: 'x', about: { bootId: 1, sequence: 0 } })
    expect(me.status('x')).toBe('gone')
  })

  test('does not follow from one witness when nobody else can tell, or when its records go elsewhere', () => {
    const me = connectedTo('r')
    for (const peer of ['x', 'v']) me.hear(0, peer)
    const version = { bootId: 1, sequence: 0 }
    me.at(0, { type: 'heard', peer: 'y', cloud: 'b', version, ttlMs: TTL_MS, isFollowed: false })
    me.at(1_000, suspectedBy('v', 'x'))
    me.at(1_000, suspectedBy('v', 'y'))
    me.at(11_000, { type: 'tick' })
    const probes = me.effects.filter((effect) => effect.type === 'probe')
    expect(probes.map(({ peer }) => peer)).toEqual(['x'])
    const probe = probeOf(probes)
    me.at(11_100, { type: 'relay-answered', peer: 'x', probe, isReachable: undefined })
    me.at(11_200, { type: 'probe-failed', peer: 'x', probe })
    me.at(20_000, { type: 'tick' })
    expect([me.status('x'), me.status('y')]).toEqual(['alive', 'alive'])
    expect(me.effects.some(({ type }) => type === 'suspect')).toBe(false)
  })

  test('needs no own look when four say so', () => {
    const me = observer()
    for (const peer of ['x', 't', 'u', 'v', 'w']) me.hear(0, peer)
    for (const witness of ['t', 'u', 'v', 'w']) me.at(1_000, suspectedBy(witness, 'x'))
    me.at(2_000, { type: 'tick' })
    expect(me.status('x')).toBe('gone')
    expect(me.effects.some(({ type }) => type === 'probe')).toBe(false)
  })

  test('does not follow from suspicions of long ago', () => {
    const me = observer()
    for (const peer of ['x', 'v', 'w']) me.hear(0, peer)
    me.at(1_000, suspectedBy('v', 'x'))
    me.at(16_000, { type: 'tick' })
    expect(me.status('x')).toBe('alive')
    me.at(17_000, suspectedBy('w', 'x'))
    me.at(25_000, { type: 'tick' })
    expect(me.status('x')).toBe('suspect')
  })

  test('waits for the time that two witnesses leave', () => {
    const me = observer()
    for (const peer of ['x', 'v', 'w']) me.hear(0, peer)
    me.at(1_000, suspectedBy('v', 'x'))
    me.at(1_000, suspectedBy('w', 'x'))
    fail(me, 1_002, 'x', me.at(1_001, { type: 'tick' }))
    const due = wakeAt(me.state())
    me.at(due - 1, { type: 'tick' })
    expect(me.status('x')).toBe('suspect')
    me.at(due, { type: 'tick' })
    expect(me.status('x')).toBe('gone')
    expect(due).toBe(4_000)
  })

  test('follows from the expiry of the record, at that moment', () => {
    const me = observer()
    me.hear(0, 'x')
    expect(wakeAt(me.state())).toBe(TTL_MS)
    me.at(TTL_MS - 1, { type: 'tick' })
    expect(me.status('x')).toBe('alive')
    me.at(TTL_MS, { type: 'tick' })
    expect(me.status('x')).toBe('gone')
  })

  test('ends when something newer is heard, and the member itself hears of it and answers', () => {
    const me = observer()
    for (const peer of ['x', 'v', 'w']) me.hear(0, peer)
    me.at(1_000, suspectedBy('v', 'x'))
    me.at(1_000, suspectedBy('w', 'x'))
    me.at(10_000, { type: 'tick' })
    me.hear(10_001, 'x', 1)
    expect(me.status('x')).toBe('alive')
    const about = { bootId: 1, sequence: 4 }
    expect(me.at(11_000, { type: 'suspected', witness: 'v', peer: 'me', about, isLive: true })).toEqual([
      { type: 'refute', above: about },
    ])
  })

  test('is not believed by who has a connection to the member', () => {
    const me = connectedTo('x', 'v', 'w')
    me.at(1_000, suspectedBy('v', 'x'))
    me.at(1_000, suspectedBy('w', 'x'))
    for (let ms = 2_000; ms < 15_000; ms += 1_000) me.at(ms, { type: 'tick' })
    expect(me.status('x')).toBe('suspect')
    expect(me.effects.some((effect) => effect.type === 'probe' && effect.suspected !== undefined)).toBe(true)
  })
})

describe('an observer that was wrong', () => {
  test('gives everybody more time, until it was right for a while', () => {
    const me = connectedTo('x', 'r1')
    const timeOf = (effects: readonly WitnessEffect[]) => effects.find((effect) => effect.type === 'probe')?.timeoutMs
    const lose = (ms: number) => me.at(ms, { type: 'disconnected', peer: 'x', isAsked: false })
    const first = lose(1_000)
    fail(me, 1_100, 'x', first)
    me.at(2_000, { type: 'connected', peer: 'x' })
    me.hear(2_100, 'x', 1)
    const second = lose(3_000)
    expect(timeOf(second)).toBe(2 * (timeOf(first) ?? 0))
    me.at(3_100, { type: 'connected', peer: 'x' })
    me.at(3_000 + 700_000, { type: 'tick' })
    expect(timeOf(lose(3_000 + 700_001))).toBe(timeOf(first))
  })

  test('is not one whose peer has started anew meanwhile', () => {
    const me = connectedTo('x', 'r1')
    const first = me.at(1_000, { type: 'disconnected', peer: 'x', isAsked: false })
    fail(me, 1_100, 'x', first)
    me.at(2_000, { type: 'connected', peer: 'x' })
    me.hear(2_100, 'x', 0, 'a', 2)
    expect(me.state().strain).toBe(0)
  })
})

describe('an observer that doubts itself', () => {
  const others = Array.from({ length: 10 }, (_, index) => `p${index}`)

  test('calls nobody gone when all fall silent at once, and says once that it is sick', () => {
    const me = observer()
    for (const [index, peer] of others.entries()) me.hear(index * 100, peer)
    for (let ms = 2_000; ms < 300_000; ms += 1_000) me.at(ms, { type: 'tick' })
    expect(others.map(me.status)).not.toContain('gone')
    expect(me.effects.filter(({ type }) => type === 'sick')).toEqual([{ type: 'sick', cloud: 'a', lost: 10, of: 10 }])
  })

  test('calls four of ten gone', () => {
    const me = observer()
    for (const peer of others) me.hear(0, peer)
    for (const peer of others.slice(4)) me.hear(50_000, peer, 1)
    me.at(91_000, { type: 'tick' })
    expect(others.filter((peer) => me.status(peer) === 'gone')).toHaveLength(4)
  })

  test('is well again when the others are heard', () => {
    const me = observer()
    for (const peer of others) me.hear(0, peer)
    me.at(100_000, { type: 'tick' })
    for (const peer of others) me.hear(100_500, peer, 1)
    expect(me.at(101_000, { type: 'tick' })).toContainEqual({ type: 'well', cloud: 'a' })
    expect(others.every((peer) => me.status(peer) === 'alive')).toBe(true)
  })

  test('drops what it would conclude from its own standstill', () => {
    const me = connectedTo('x', 'r1', 'r2')
    const probe = probeOf(me.at(500, { type: 'disconnected', peer: 'x', isAsked: false }))
    const thawed = me.step(120_500, { type: 'probe-failed', peer: 'x', probe })
    expect(thawed).toEqual([{ type: 'thawed', frozenMs: 120_000 }])
    me.at(121_000, { type: 'tick' })
    expect(['x', 'r1', 'r2'].map(me.status)).toEqual(['alive', 'alive', 'alive'])
  })
})

test('a member that says it leaves has left, and only a new start brings it back', () => {
  const me = observer()
  me.hear(0, 'x')
  me.at(100, { type: 'departed', peer: 'x', version: { bootId: 1, sequence: 1 } })
  me.hear(200, 'x', 2)
  expect(me.status('x')).toBe('left')
  me.hear(300, 'x', 0, 'a', 2)
  expect(me.status('x')).toBe('alive')
})

test('a hostile witness cannot hold more than its share under suspicion', () => {
  const me = observer()
  const peers = Array.from({ length: 100 }, (_, index) => `p${index}`)
  for (const peer of [...peers, 'v']) me.hear(0, peer)
  for (const peer of peers) me.at(100, suspectedBy('v', peer))
  expect(peers.filter((peer) => me.status(peer) === 'suspect')).toHaveLength(32)
})

const peer = fc.constantFrom('x', 'y', 'z', 'me')
const version = fc.record({ bootId: fc.nat(2), sequence: fc.nat(5) })
const anyEvent: fc.Arbitrary<WitnessEvent> = fc.oneof(
  fc.record({
    type: fc.constant('heard' as const),
    peer,
    cloud: fc.constant('a'),
    version,
    ttlMs: fc.constant(TTL_MS),
    isFollowed: fc.boolean(),
  }),
  fc.record({ type: fc.constant('departed' as const), peer, version }),
  fc.record({ type: fc.constant('connected' as const), peer }),
  fc.record({ type: fc.constant('disconnected' as const), peer, isAsked: fc.boolean() }),
  fc.record({ type: fc.constant('suspected' as const), witness: peer, peer, about: version, isLive: fc.boolean() }),
  fc.record({ type: fc.constant('probe-answered' as const), peer, probe: fc.nat(9) }),
  fc.record({ type: fc.constant('probe-failed' as const), peer, probe: fc.nat(9) }),
  fc.record({
    type: fc.constant('relay-answered' as const),
    peer,
    probe: fc.nat(9),
    isReachable: fc.option(fc.boolean(), { nil: undefined }),
  }),
  fc.record({ type: fc.constant('asked' as const), asker: peer, token: fc.nat(9), peer }),
  fc.constant({ type: 'tick' as const }),
)

test('whatever happens, nobody is gone by fewer than two witnesses before its record expires', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(anyEvent, fc.integer({ min: 0, max: 4_000 })), { maxLength: 60 }), (events) => {
      let state = initialWitness('me', 'a', 0)
      let now = 0
      for (const [event, waitMs] of events) {
        now += waitMs
        state = nextWitness(state, event, now).state
        for (const [id, one] of state.peers) {
          if (one.status !== 'gone') continue
          expect(one.suspicions.size >= 2 || now >= one.expiresAt, `${id} at ${now}`).toBe(true)
        }
      }
    }),
  )
})

test('an observer that spares itself looks while nothing is wrong does and sees the same as one that never does', () => {
  const quiet = fc.tuple(fc.constant({ type: 'tick' as const }), fc.constant(1_000))
  const busy = fc.tuple(anyEvent, fc.integer({ min: 0, max: 4_000 }))
  const run = fc.array(fc.oneof({ weight: 3, arbitrary: quiet }, busy), { maxLength: 250 })
  fc.assert(
    fc.property(run, (events) => {
      let [sparing, looking] = [initialWitness('me', 'a', 0), initialWitness('me', 'a', 0)]
      let now = 0
      for (const [event, waitMs] of events) {
        now += waitMs
        const [one, other] = [
          nextWitness(sparing, event, now),
          nextWitness({ ...looking, calm: undefined }, event, now),
        ]
        expect(one.effects, `at ${now}`).toEqual(other.effects)
        sparing = one.state
        looking = other.state
        const seen = (state: typeof sparing) => [...state.peers].map(([id, { status }]) => `${id} ${status}`)
        expect(seen(sparing), `at ${now}`).toEqual(seen(looking))
      }
    }),
  )
})
