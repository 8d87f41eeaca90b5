import { peersToName, rememberedPeers } from '@muster/mesh/redial/named.ts'
import { nextRedial, type RedialEffect, type RedialEvent } from '@muster/mesh/redial/next.ts'
import { DEFAULT_REDIAL_OPTIONS, initialRedial, type RedialState } from '@muster/mesh/redial/state.ts'
import { expect, test } from 'vitest'

const START = 1_900_000_000_000
const HOUR_MS = 3_600_000

function play(state: RedialState, events: readonly (readonly [number, RedialEvent])[]) {
  const effects: RedialEffect[] = []
  let current = state
  for (const [at, event] of events) {
    const next = nextRedial(current, event, START + at)
    current = next.state
    effects.push(...next.effects)
  }
  return { state: current, effects }
}

function peers(count: number) {
  return Array.from({ length: count }, (_, index) => ({
    peer: `p${index}`,
    addresses: [`/a/${index}`],
    lastSeenAt: START,
  }))
}

function dialsOf(effects: readonly RedialEffect[]) {
  return effects.flatMap((effect) => (effect.type === 'dial' ? [effect.peer] : []))
}

test('never more than a few dials are under way, the rendezvous points first', () => {
  const state = initialRedial(
    { self: 'me', remembered: peers(50), rendezvous: [{ peer: 'agent', addresses: ['/r'] }] },
    START,
  )
  const { effects } = play(state, [
    [0, { type: 'tick' }],
    [10, { type: 'tick' }],
  ])
  expect(dialsOf(effects)).toHaveLength(DEFAULT_REDIAL_OPTIONS.maxDials)
  expect(dialsOf(effects)[0]).toBe('agent')
})

test('a peer that does not answer is tried at growing distances', () => {
  let state = initialRedial({ self: 'me', remembered: peers(1), rendezvous: [] }, START)
  const tries: number[] = []
  for (let at = 0; at < 20_000; at += 100) {
    const step = nextRedial(state, { type: 'tick' }, START + at)
    state = step.state
    if (dialsOf(step.effects).length === 0) continue
    tries.push(at)
    state = nextRedial(state, { type: 'dial-failed', peer: 'p0' }, START + at).state
  }
  const waits = tries.slice(1).map((at, index) => at - (tries[index] ?? 0))
  expect(waits.length).toBeGreaterThanOrEqual(3)
  expect(waits).toEqual(waits.toSorted((left, right) => left - right))
})

test('after 26 hours apart lost peers are forgotten, and the rendezvous is still dialed every 30 s', () => {
  const start = { self: 'me', remembered: peers(1), rendezvous: [{ peer: 'agent', addresses: ['/r'] }] }
  let state = initialRedial(start, START)
  let dials = 0
  for (let at = 0; at < 26 * HOUR_MS; at += 10_000) {
    const step = nextRedial(state, { type: 'tick' }, START + at)
    state = step.state
    for (const peer of dialsOf(step.effects)) {
      if (at >= 25 * HOUR_MS && peer === 'agent') dials += 1
      state = nextRedial(state, { type: 'dial-failed', peer }, START + at).state
    }
  }
  expect([...state.candidates.keys()]).toEqual(['agent'])
  expect(dials).toBeGreaterThanOrEqual(85)
})

test('the list is bounded, and is handed out for saving without rendezvous points', () => {
  const start = { self: 'me', remembered: [], rendezvous: [{ peer: 'agent', addresses: ['/r'] }] }
  const learned = peers(400).map(({ peer, addresses }, index) => [index, { type: 'learned', peer, addresses }] as const)
  const { state, effects } = play(initialRedial(start, START), [...learned, [20_000, { type: 'tick' }]])
  expect(state.candidates.size).toBe(DEFAULT_REDIAL_OPTIONS.maxPeers)
  expect(effects.some(({ type }) => type === 'persist')).toBe(true)
  expect(rememberedPeers(state).some(({ peer }) => peer === 'agent')).toBe(false)
})

test('who has enough connections dials nobody but lost peers', () => {
  const start = initialRedial({ self: 'me', remembered: [], rendezvous: [] }, START)
  const joined = peers(8).map(({ peer }) => [0, { type: 'connected', peer }] as const)
  const { effects } = play(start, [
    ...joined,
    [1, { type: 'learned', peer: 'x', addresses: ['/x'] }],
    [40_000, { type: 'tick' }],
  ])
  expect(dialsOf(effects)).toEqual([])
})

test('who is reached through a relay is dialed at growing distances, until there is a direct way', () => {
  let state = initialRedial({ self: 'me', remembered: [], rendezvous: [] }, START)
  const take = (at: number, event: RedialEvent) => {
    const step = nextRedial(state, event, START + at)
    state = step.state
    return dialsOf(step.effects)
  }
  take(0, { type: 'learned', peer: 'far', addresses: ['/far'] })
  take(0, { type: 'connected', peer: 'far' })
  take(0, { type: 'routed', peer: 'far', isRelayed: true })
  const tries: number[] = []
  for (let at = 1_000; at < HOUR_MS; at += 1_000) {
    if (!take(at, { type: 'tick' }).includes('far')) continue
    tries.push(at)
    take(at + 500, { type: 'dial-failed', peer: 'far' })
  }
  const waits = tries.slice(1).map((at, index) => at - (tries[index] ?? 0))
  expect(tries[0]).toBeLessThan(35_000)
  expect(Math.max(...waits)).toBeGreaterThan(200_000)
  expect(Math.max(...waits)).toBeLessThan(400_000)

  take(HOUR_MS, { type: 'routed', peer: 'far', isRelayed: false })
  for (let at = HOUR_MS; at < 2 * HOUR_MS; at += 1_000) expect(take(at, { type: 'tick' })).toEqual([])
  take(2 * HOUR_MS, { type: 'disconnected', peer: 'far' })
  const back = [1_000, 2_000].flatMap((at) => take(2 * HOUR_MS + at, { type: 'tick' }))
  expect(back).toEqual(['far'])
})

test('who came first is named about as often as who came later', () => {
  const named = new Map<string, number>()
  let state = initialRedial({ self: 'agent', remembered: [], rendezvous: [] }, START)
  for (let count = 0; count < 600; count++) {
    const peer = `p${count}`
    state = nextRedial(state, { type: 'learned', peer, addresses: ['/a'] }, START).state
    state = nextRedial(state, { type: 'connected', peer }, START).state
    for (const one of peersToName(state, peer, 16, (other) => other !== peer)) {
      named.set(one.peer, (named.get(one.peer) ?? 0) + 1)
    }
  }
  const times = (from: number) => Array.from({ length: 50 }, (_, index) => named.get(`p${from + index}`) ?? 0)
  const sum = (list: readonly number[]) => list.reduce((all, one) => all + one, 0)
  expect(sum(times(0))).toBeLessThan(1.5 * sum(times(200)))
  expect(Math.max(...named.values())).toBeLessThan(3 * (sum([...named.values()]) / named.size))
})

test('who knows few names all of them, but no rendezvous points and nobody without an address', () => {
  const rendezvous = [{ peer: 'r', addresses: ['/r'] }]
  let state = initialRedial({ self: 'me', remembered: [], rendezvous }, START)
  for (const peer of ['p', 'q']) state = nextRedial(state, { type: 'learned', peer, addresses: ['/a'] }, START).state
  state = nextRedial(state, { type: 'connected', peer: 'inbound' }, START).state
  const named = peersToName(state, 'asker', 16, () => true)
  expect(named.map(({ peer }) => peer).toSorted()).toEqual(['p', 'q'])
})
