import type { PeerId } from '@muster/mesh/admission/membership.ts'
import { afterEach, describe, expect, test } from 'vitest'
import { rejoinMs, settledWorld as settle, sickObserver, standstill } from './scenarios.ts'
import type { World, WorldOptions } from './world.ts'

/** On a busy machine simulations take their time. */
const PATIENCE = { timeout: 300_000 }

/** Shown when a test fails: the same run again is `settledWorld` with it. */
let lastSeed = 0

function settledWorld(options: WorldOptions): World {
  lastSeed = options.seed
  return settle(options)
}

afterEach((context) => {
  if (context.task.result?.state === 'fail') process.stderr.write(`seed ${lastSeed}\n`)
})

function goneNotices(world: World, peer?: PeerId) {
  return world.notices.filter(
    ({ effect }) =>
      effect.type === 'status-changed' && effect.to === 'gone' && (peer === undefined || effect.peer === peer),
  )
}

/** Those who follow the workers of a cloud: its agent and the head. */
function followers(cloud: string): readonly PeerId[] {
  return [`${cloud}-agent`, 'a-head']
}

/** Milliseconds from now until each follower calls the peer gone; Infinity for those that do not within a minute. */
function timesToGone(world: World, peer: PeerId, by: readonly PeerId[]): readonly number[] {
  const start = world.now()
  world.advance(60_000)
  const seen = goneNotices(world, peer)
  return by.map((observer) => (seen.find((one) => one.observer === observer)?.at ?? Number.POSITIVE_INFINITY) - start)
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}

describe('a dead member', () => {
  test.each([
    ['crashed', 2_000, 12_000],
    ['silent', 10_000, 13_000],
  ] as const)('whose process is %s is known in time to those who count on it', (how, p50Ms, p99Ms) => {
    const world = settledWorld({ seed: 11, workersPerCloud: 25 })
    const times: number[] = []
    for (let victim = 0; victim < 12; victim++) {
      const peer = `a-worker-${victim}`
      world.kill(peer, how)
      times.push(...timesToGone(world, peer, followers('a')))
      world.restart(peer)
      world.advance(30_000)
    }
    const measured = { p50: Math.round(percentile(times, 0.5)), p99: Math.round(percentile(times, 0.99)) }
    process.stdout.write(`${how}: gone after p50 ${measured.p50} ms, p99 ${measured.p99} ms (${times.length} looks)\n`)
    expect(measured.p50).toBeLessThanOrEqual(p50Ms)
    expect(measured.p99).toBeLessThanOrEqual(p99Ms)
  })

  test('that comes back is alive again to all who knew it', () => {
    const world = settledWorld({ seed: 12, workersPerCloud: 25 })
    world.kill('a-worker-3', 'crashed')
    world.advance(20_000)
    world.restart('a-worker-3')
    world.advance(10_000)
    expect(followers('a').map((id) => world.node(id).member.statusOf('a-worker-3'))).toEqual(['alive', 'alive'])
  })
})

describe('nobody is called gone who lives', () => {
  test('when one way of one wire is cut', () => {
    const world = settledWorld({ seed: 21, workersPerCloud: 25 })
    world.network.links.cutOneWay('a-agent', 'a-worker-0')
    world.network.links.cutOneWay('a-worker-1', 'a-worker-2')
    world.advance(600_000)
    expect(goneNotices(world)).toEqual([])
  })

  test('at 5 % loss for an hour', () => {
    const world = settledWorld({ seed: 22, workersPerCloud: 8 })
    world.network.links.setLoss(0.05)
    for (let minute = 0; minute < 60; minute++) world.advance(60_000)
    const nodeHours = world.nodes.size
    process.stdout.write(`5 % loss: ${goneNotices(world).length} false gone in ${nodeHours} node-hours\n`)
    expect(goneNotices(world)).toEqual([])
  })

  test('in a rolling restart of all', () => {
    const world = settledWorld({ seed: 23, workersPerCloud: 20 })
    for (const id of [...world.nodes.keys()]) {
      world.restart(id)
      world.advance(3_000)
    }
    world.advance(60_000)
    for (const id of world.nodes.keys()) {
      expect(
        [...world.node(id).member.statuses()].filter(([, status]) => status !== 'alive'),
        id,
      ).toEqual([])
    }
  })
})

test('16 of 100 workers that stand still again and again are marked, and never leave', PATIENCE, () => {
  const world = settledWorld({ seed: 31, clouds: ['a'], workersPerCloud: 100 })
  const victims = Array.from({ length: 16 }, (_, index) => `a-worker-${index * 6}`)
  for (let round = 0; round < 3; round++) {
    for (const id of victims) world.freeze(id)
    world.advance(16_000)
    for (const id of victims) world.thaw(id)
    world.advance(44_000)
  }
  const changed = world.notices.flatMap(({ effect }) => (effect.type === 'status-changed' ? [effect] : []))
  const marked = new Set(changed.filter(({ to }) => to === 'suspect' || to === 'gone').map(({ peer }) => peer))
  expect([...marked].filter((peer) => !victims.includes(peer))).toEqual([])
  expect(marked.size).toBe(victims.length)
  expect(changed.some(({ to }) => to === 'left')).toBe(false)
  expect(victims.map((id) => world.node('a-agent').member.statusOf(id))).toEqual(victims.map(() => 'alive'))
})

describe('an observer that is sick', () => {
  test('by a cut of all its wires calls nobody gone and says that it is sick', () => {
    expect(sickObserver()).toEqual([])
  })

  test('by a standstill drops its verdicts', () => {
    expect(standstill()).toEqual([])
  })
})

test('two halves that were apart for 26 hours are one again within 60 s', PATIENCE, () => {
  const tookMs = rejoinMs(26, 1)
  process.stdout.write(`26 h split: one group ${tookMs} ms after the heal\n`)
  expect(tookMs).toBeLessThanOrEqual(60_000)
})

test('a service that moved to another machine is followed within 5 s by all', () => {
  const world = settledWorld({ seed: 61, workersPerCloud: 25 })
  world.kill('a-proxy-0', 'silent')
  const moved = world.add('fixed', { cloud: 'a', service: 'proxy', slot: 0, generation: 1 })
  world.advance(5_000)
  for (const id of world.ofCloud('a').filter((one) => one.includes('worker'))) {
    expect(world.node(id).member.resolve('proxy', world.times(id))[0]?.owner, id).toBe(moved)
  }
})
