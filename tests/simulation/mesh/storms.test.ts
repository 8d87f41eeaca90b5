import { describe, expect, test } from 'vitest'
import { problemsAtRest, problemsNow } from './invariants.ts'
import { joinStorm, movedProxy } from './scenarios.ts'
import { createWorld } from './world.ts'

/** On a busy machine simulations take their time. */
const PATIENCE = { timeout: 300_000 }

test('150 machines that start within a minute are one mesh half a minute later, each with its local proxy', () => {
  const { world, unready } = joinStorm(81, 150)
  expect(unready, `seed ${world.seed}`).toEqual([])
})

test('of a mesh of which a third is replaced every minute, those that live see each other', PATIENCE, () => {
  const world = createWorld({ seed: 82, workersPerCloud: 20 })
  world.advance(60_000)
  let next = 0
  for (let minute = 0; minute < 5; minute++) {
    for (let one = 0; one < 12; one++) {
      const living = [...world.nodes.values()].filter(
        ({ life, membership }) => life === 'up' && membership.role === 'worker',
      )
      const victim = living[world.random.integer(living.length)]
      if (victim !== undefined) world.kill(victim.id, one % 2 === 0 ? 'crashed' : 'silent')
      next += 1
      world.add('worker', { cloud: one % 2 === 0 ? 'a' : 'b', service: 'worker', slot: 200 + next, generation: 1 })
      world.advance(5_000)
    }
    expect(problemsNow(world), `seed ${world.seed}`).toEqual([])
    world.notices.length = 0
  }
  world.advance(120_000)
  expect(problemsAtRest(world), `seed ${world.seed}`).toEqual([])
})

describe('a proxy that dies and returns at another address', () => {
  test.each(['crashed', 'silent'] as const)('(%s) is left within 15 s and used again within 60 s', (how) => {
    const { leftMs, backMs } = movedProxy(83, how)
    expect(leftMs).toBeLessThanOrEqual(15_000)
    expect(backMs).toBeLessThanOrEqual(60_000)
  })
})
