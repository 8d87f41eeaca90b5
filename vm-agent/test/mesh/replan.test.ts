import {
  DEFAULT_REPLAN,
  dueAt,
  initialReplan,
  nextReplan,
  type ReplanEvent,
  type ReplanState,
} from '@muster/vm-agent/mesh/replan.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

/** The machine with its own time; `applies` is what was begun, and when. */
function createRun() {
  let state: ReplanState = initialReplan(0)
  let now = 0
  const applies: { readonly at: number; readonly wanted: string }[] = []
  const send = (event: ReplanEvent) => {
    const step = nextReplan(state, event, now)
    state = step.state
    for (const { wanted } of step.effects) applies.push({ at: now, wanted })
  }
  return {
    applies,
    send,
    look: (wanted: string | undefined, applied: string | undefined = state.applied) =>
      send({ type: 'looked', wanted, applied }),
    end: (isApplied = true) => send({ type: 'ended', isApplied }),
    /** Lets time pass, with a tick whenever the machine asks for one. */
    pass(ms: number) {
      const until = now + ms
      for (let due = dueAt(state); due !== undefined && due <= until; due = dueAt(state)) {
        now = Math.max(now, due)
        send({ type: 'tick' })
      }
      now = until
    },
    get state() {
      return state
    },
    get now() {
      return now
    },
  }
}

describe('planning again', () => {
  test('waits until the change has settled, and applies it once', () => {
    const run = createRun()
    run.look('a', undefined)
    run.pass(200)
    run.look('b')
    run.pass(200)
    expect(run.applies).toEqual([])
    run.pass(1_000)
    expect(run.applies).toEqual([{ at: 500, wanted: 'b' }])
    run.end()
    run.look('b', 'b')
    run.pass(3_600_000)
    expect(run.applies).toHaveLength(1)
  })

  test('does not wait for ever for a cluster that never rests', () => {
    const run = createRun()
    for (let change = 0; change < 30; change++) {
      run.look(`${change}`)
      run.pass(100)
    }
    expect(run.applies[0]?.at).toBe(DEFAULT_REPLAN.maxSettleMs)
  })

  test('is nothing to do for what is applied already, and for what is not known', () => {
    const run = createRun()
    run.look('a', 'a')
    run.pass(60_000)
    run.look(undefined, 'a')
    run.pass(60_000)
    expect(run.applies).toEqual([])
    expect(dueAt(run.state)).toBeUndefined()
  })

  test('does not begin while somebody else applies, and then applies the latest', () => {
    const run = createRun()
    run.send({ type: 'busy', isBusy: true })
    run.look('a', undefined)
    run.pass(60_000)
    run.look('b')
    run.pass(60_000)
    expect(run.applies).toEqual([])
    run.send({ type: 'busy', isBusy: false })
    expect(run.applies).toEqual([{ at: 120_000, wanted: 'b' }])
  })

  test('does not begin a second apply beside the first, and catches up with what changed meanwhile', () => {
    const run = createRun()
    run.look('a', undefined)
    run.pass(1_000)
    run.look('b')
    run.pass(60_000)
    run.look('c')
    run.pass(60_000)
    expect(run.applies).toHaveLength(1)
    run.end()
    run.pass(1_000)
    expect(run.applies.map(({ wanted }) => wanted)).toEqual(['a', 'c'])
  })

  test('goes back when the first value is back before the apply of the second has ended', () => {
    const run = createRun()
    run.look('b', 'a')
    run.pass(1_000)
    run.look('a', 'a')
    run.end()
    run.pass(1_000)
    expect(run.applies.map(({ wanted }) => wanted)).toEqual(['b', 'a'])
  })

  test('of values that come and go is limited, three at once and then one each 30 seconds', () => {
    const run = createRun()
    for (let change = 0; change < 300; change++) {
      run.look(`${change}`)
      run.pass(400)
      if (run.state.running !== undefined) run.end()
    }
    const gaps = run.applies.slice(3).map(({ at }, index) => at - (run.applies[index + 2]?.at ?? 0))
    expect(run.applies).toHaveLength(3 + 3)
    expect(Math.min(...gaps.slice(1))).toBeGreaterThanOrEqual(30_000)
    run.pass(60_000)
    expect(run.applies.at(-1)?.wanted).toBe('299')
  })

  test('that fails is tried again with growing waits, and at once for other values', () => {
    const run = createRun()
    run.look('a', undefined)
    for (let failure = 0; failure < 5; failure++) {
      run.pass(10 * 60_000)
      run.end(false)
    }
    expect(run.applies).toHaveLength(5)
    const due = dueAt(run.state) ?? 0
    expect(due - run.now).toBe(DEFAULT_REPLAN.retryMs * 16)
    run.look('b')
    run.pass(DEFAULT_REPLAN.settleMs)
    expect(run.applies.at(-1)?.wanted).toBe('b')
  })
})

type Step =
  | { readonly do: 'look'; readonly value: string | undefined }
  | { readonly do: 'busy' | 'end'; readonly value: boolean }
  | { readonly do: 'pass'; readonly value: number }

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('look' as const), value: fc.constantFrom('a', 'b', 'c', undefined) }),
    fc.record({ do: fc.constantFrom('busy' as const, 'end' as const), value: fc.boolean() }),
    fc.record({ do: fc.constant('pass' as const), value: fc.integer({ min: 0, max: 40_000 }) }),
  ),
  { maxLength: 60 },
)

/** A run beside a machine that remembers what was applied. */
function createMachine() {
  const run = createRun()
  let disk: string | undefined
  const finish = (isApplied: boolean) => {
    const { running } = run.state
    if (running === undefined) return
    if (isApplied) disk = running
    run.end(isApplied)
    run.look(run.state.wanted, disk)
  }
  const perform = (step: Step) => {
    if (step.do === 'look') run.look(step.value, disk)
    else if (step.do === 'busy') run.send({ type: 'busy', isBusy: step.value })
    else if (step.do === 'pass') run.pass(step.value)
    else finish(step.value)
  }
  return { run, perform, finish, disk: () => disk }
}

describe('whatever happens', () => {
  test('one apply runs at a time, never beside another, and always what is wanted then', () => {
    fc.assert(
      fc.property(steps, (given) => {
        const { run, perform } = createMachine()
        for (const step of given) {
          const before = { count: run.applies.length, ...run.state }
          perform(step)
          const begun = run.applies.length - before.count
          expect(begun).toBeLessThanOrEqual(1)
          if (begun === 0) continue
          expect(run.applies.at(-1)?.wanted).toBe(run.state.wanted)
          if (step.do === 'pass' || step.do === 'look')
            expect([before.running, before.isBusy]).toEqual([undefined, false])
        }
      }),
    )
  })

  test('no half minute sees more than four applies, and the last wish is met in the end', () => {
    fc.assert(
      fc.property(steps, fc.array(fc.boolean(), { maxLength: 5 }), (given, endings) => {
        const { run, perform, finish, disk } = createMachine()
        for (const step of given) perform(step)
        perform({ do: 'busy', value: false })
        for (const isApplied of [...endings, true, true]) {
          finish(isApplied)
          run.pass(60 * 60_000)
        }
        finish(true)
        if (run.state.wanted !== undefined) expect(disk()).toBe(run.state.wanted)
        for (const { at } of run.applies) {
          expect(run.applies.filter((one) => one.at >= at && one.at < at + 30_000).length).toBeLessThanOrEqual(4)
        }
      }),
    )
  })
})
