import type { MemberEvent } from '@muster/mesh/member/messages.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { schedules } from './faults.ts'
import { runSchedule } from './run-schedule.ts'

/** On a busy machine simulations take their time. */
const PATIENCE = { timeout: 300_000 }

/** A failure prints seed and path: `node tests/simulation/mesh/replay.ts SEED PATH` runs it again. */
test('whatever goes wrong in whatever order, all views agree some minutes after it ended', PATIENCE, () => {
  fc.assert(
    fc.property(schedules, (schedule) => {
      expect(runSchedule(schedule).problems).toEqual([])
    }),
    { seed: 20_260, numRuns: 20 },
  )
})

test('one seed gives one run, another seed another', () => {
  const [schedule] = fc.sample(fc.record({ seed: fc.constant(1), faults: schedules.map(({ faults }) => faults) }), {
    seed: 9,
    numRuns: 1,
  })
  if (schedule === undefined) throw new Error('no schedule')
  const { traceHash } = runSchedule(schedule)
  expect(runSchedule(schedule).traceHash).toBe(traceHash)
  expect(runSchedule({ ...schedule, seed: 2 }).traceHash).not.toBe(traceHash)
})

test('ticks that a run leaves out would have changed nothing', PATIENCE, () => {
  const looksAtEach = { event: (_self: string, event: MemberEvent) => event }
  for (const schedule of fc.sample(schedules, { seed: 77, numRuns: 4 })) {
    const { traceHash } = runSchedule(schedule)
    expect(runSchedule(schedule, { tampering: looksAtEach }).traceHash, `seed ${schedule.seed}`).toBe(traceHash)
  }
})
