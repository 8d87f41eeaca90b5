import { createScheduler } from '@muster/mesh/network/scheduler.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'

/** When something runs, and what it plans then, in milliseconds. */
interface Plan {
  readonly afterMs: number
  readonly further: readonly number[]
}

const delay = fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 200 }), fc.nat({ max: 100_000 }))
const plan: fc.Arbitrary<Plan> = fc.record({ afterMs: delay, further: fc.array(delay, { maxLength: 3 }) })

test('runs all in the order of their times, and of two for one moment the one that was planned first', () => {
  fc.assert(
    fc.property(
      fc.array(plan, { maxLength: 20 }),
      fc.array(fc.nat({ max: 60_000 }), { maxLength: 20 }),
      (plans, steps) => {
        const scheduler = createScheduler()
        const ran: { readonly at: number; readonly order: number }[] = []
        let planned = 0
        const start = ({ afterMs, further }: Plan) => {
          planned += 1
          const [due, order] = [scheduler.now() + afterMs, planned]
          scheduler.after(afterMs, () => {
            expect(scheduler.now()).toBe(due)
            ran.push({ at: due, order })
            for (const ms of further) start({ afterMs: ms, further: [] })
          })
        }
        for (const one of plans) start(one)
        for (const ms of steps) {
          const end = scheduler.now() + ms
          scheduler.advance(ms)
          expect(scheduler.now()).toBe(end)
        }
        scheduler.advance(1_000_000)
        expect(ran).toHaveLength(planned)
        expect(ran).toEqual(ran.toSorted((left, right) => left.at - right.at || left.order - right.order))
        expect(scheduler.steps).toBe(planned)
      },
    ),
  )
})

test('what is never due is never run', () => {
  const scheduler = createScheduler()
  scheduler.after(Number.POSITIVE_INFINITY, () => {
    throw new Error('ran')
  })
  scheduler.advance(1e9)
  expect(scheduler.steps).toBe(0)
})
