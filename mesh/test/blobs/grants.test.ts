import { DEFAULT_GRANT_OPTIONS, type GrantEvent, initialGrants, nextGrants } from '@muster/mesh/blobs/grants.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const ID = 'a'.repeat(64)

/** Plays events at their times. @returns what was said to each `asked`: `serve`, or the peers to whom it is sent */
function play(events: readonly (readonly [at: number, GrantEvent])[]) {
  let state = initialGrants()
  return events.flatMap(([at, event]) => {
    const step = nextGrants(state, event, at)
    state = step.state
    return step.effects.map((effect) => (effect.type === 'serve' ? 'serve' : effect.peers))
  })
}

function asked(peer: string, tried: readonly string[] = [], cloud = 'north'): GrantEvent {
  return { type: 'asked', cloud, id: ID, size: 1_000_000, peer, tried }
}

function ended(peer: string, isKept: boolean, cloud = 'north'): GrantEvent {
  return { type: 'ended', cloud, id: ID, peer, isKept }
}

test('the first of a cloud is served, the others are sent to it; another cloud is served too', () => {
  const said = play([
    [0, asked('p1')],
    [1, asked('p2')],
    [2, asked('q1', [], 'south')],
    [500, ended('p1', true)],
    [600, asked('p3')],
  ])
  expect(said).toEqual(['serve', ['p1'], 'serve', ['p1']])
})

test('when the one that is served breaks off, the next who asks is served', () => {
  expect(
    play([
      [0, asked('p1')],
      [10, ended('p1', false)],
      [20, asked('p2')],
      [30, asked('p3')],
    ]),
  ).toEqual(['serve', 'serve', ['p2']])
})

test('who receives too slowly does not keep its cloud waiting', () => {
  const leaseMs = DEFAULT_GRANT_OPTIONS.leaseMs + 1_000_000 / DEFAULT_GRANT_OPTIONS.leaseBytesPerMs
  expect(
    play([
      [0, asked('p1')],
      [leaseMs - 1, asked('p2')],
      [leaseMs, asked('p2')],
    ]),
  ).toEqual(['serve', ['p1'], 'serve'])
})

test('who lost it may have it again, and a cloud that was served long ago', () => {
  expect(
    play([
      [0, asked('p1')],
      [10, ended('p1', true)],
      [5_000, asked('p1')],
    ]),
  ).toEqual(['serve', 'serve'])
  const late = 11 * 60_000
  expect(
    play([
      [0, asked('p1')],
      [10, ended('p1', true)],
      [late, asked('p2')],
    ]),
  ).toEqual(['serve', 'serve'])
})

test('a cloud whose only holder was tried in vain is served again, each time after a longer wait', () => {
  const said = play([
    [0, asked('p1')],
    [0, ended('p1', true)],
    [1_000, asked('p2', ['p1'])],
    [2_000, asked('p2', ['p1'])],
    [2_000, ended('p2', true)],
    [5_000, asked('p3', ['p1', 'p2'])],
    [6_000, asked('p3', ['p1', 'p2'])],
  ])
  expect(said).toEqual(['serve', [], 'serve', [], 'serve'])
})

test('however peers lie about each other, a cloud is served a few times in ten minutes, not each time it asks', () => {
  const peer = fc.constantFrom('p1', 'p2', 'p3', 'p4')
  const asking = fc.record({ afterMs: fc.nat(3_000), peer, tried: fc.subarray(['p1', 'p2', 'p3', 'p4']) })
  fc.assert(
    fc.property(fc.array(asking, { minLength: 100, maxLength: 200 }), (askings) => {
      let at = 0
      const times = askings.map((one) => {
        at += one.afterMs
        return at
      })
      const said = play(
        askings.flatMap((one, place) => {
          const time = times[place] ?? 0
          return [
            [time, asked(one.peer, one.tried)],
            [time, ended(one.peer, true)],
          ] as const
        }),
      )
      // 2 s, doubled each time, and forgotten after ten minutes.
      expect(said.filter((one) => one === 'serve').length).toBeLessThanOrEqual(2 + Math.log2(600 / 2 + 1))
    }),
  )
})

test('the number of grants that are remembered is bounded', () => {
  let state = initialGrants({ ...DEFAULT_GRANT_OPTIONS, maxEntries: 10 })
  for (let cloud = 0; cloud < 100; cloud++) state = nextGrants(state, asked('p1', [], `c${cloud}`), cloud).state
  expect(state.grants.size).toBe(10)
})
