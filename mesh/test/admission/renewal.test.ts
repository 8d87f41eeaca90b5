import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  nextRenewal,
  type RenewalEffect,
  type RenewalEvent,
  type RenewalState,
  renewalDueAt,
  startRenewal,
} from '../../src/admission/renewal.ts'
import { START } from './cluster.ts'

const HOUR = 60 * 60_000
const term = (issuedAt: number) => ({ issuedAt, expiresAt: issuedAt + 24 * HOUR })
/** Lets time pass and answers each question by `reply`, until `end`; says what was done when. */
function run(start: RenewalState, end: number, reply: (now: number) => RenewalEvent) {
  let state = start
  const done: [number, RenewalEffect][] = []
  const take = (event: RenewalEvent, now: number) => {
    const step = nextRenewal(state, event, now, 0.5)
    state = step.state
    done.push(...step.effects.map((effect): [number, RenewalEffect] => [now, effect]))
    if (step.effects.includes('ask')) take(reply(now), now)
  }
  for (let now = renewalDueAt(state); now <= end; now = renewalDueAt(state)) take({ type: 'time' }, now)
  return { state, done }
}

describe('Renewal of the certificate', () => {
  it('asks when two thirds of the life are over, and again in the next life', () => {
    const { done } = run(startRenewal(term(START), 0.5), START + 40 * HOUR, (now) => ({
      type: 'renewed',
      term: term(now),
    }))
    expect(done).toEqual([
      [START + 16 * HOUR, 'ask'],
      [START + 32 * HOUR, 'ask'],
    ])
  })

  it('is spread, so that machines that booted together do not all ask at once', () => {
    const dueAt = (fraction: number) => renewalDueAt(startRenewal(term(START), fraction)) - START
    expect(dueAt(0)).toBeLessThan(15 * HOUR)
    expect(dueAt(0.999)).toBeGreaterThan(17 * HOUR)
  })

  it('tries again ever more slowly, says once when the membership lapsed, and takes it up when it is renewed', () => {
    const healAt = START + 30 * HOUR
    const { done } = run(startRenewal(term(START), 0.5), START + 31 * HOUR, (now) =>
      now < healAt ? { type: 'failed' } : { type: 'renewed', term: term(now) },
    )
    const asks = done.filter(([, effect]) => effect === 'ask').map(([at]) => at)
    const waits = asks.slice(1).map((at, index) => at - (asks[index] ?? 0))
    expect(waits.slice(0, 4)).toEqual([5000, 10_000, 20_000, 40_000])
    expect(Math.max(...waits)).toBe(600_000)
    expect(done.filter(([, effect]) => effect === 'lapsed')).toEqual([[START + 24 * HOUR, 'lapsed']])
    expect(done.at(-1)?.[1]).toBe('restored')
    expect(done.at(-1)?.[0]).toBeLessThanOrEqual(healAt + 600_000)
  })

  it('ends when it is refused for good, and goes on after other refusals', () => {
    const ended = run(startRenewal(term(START), 0.5), START + 40 * HOUR, () => ({
      type: 'refused',
      cause: 'slot-superseded',
    }))
    expect(ended.done).toEqual([
      [START + 16 * HOUR, 'ask'],
      [START + 16 * HOUR, 'ended'],
    ])
    expect(ended.state).toEqual({ phase: 'ended', cause: 'slot-superseded' })
    const busy = run(startRenewal(term(START), 0.5), START + 17 * HOUR, () => ({ type: 'refused', cause: 'try-later' }))
    expect(busy.done.length).toBeGreaterThan(5)
  })

  it('never asks twice before an answer, nor tells of a lapse twice, in whatever order events come', () => {
    const event: fc.Arbitrary<RenewalEvent> = fc.oneof(
      fc.constant<RenewalEvent>({ type: 'time' }),
      fc.constant<RenewalEvent>({ type: 'failed' }),
      fc.constant<RenewalEvent>({ type: 'refused', cause: 'try-later' }),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(event, fc.integer({ min: 0, max: 4 * HOUR })), { maxLength: 60 }), (events) => {
        let state = startRenewal(term(START), 0.5)
        let now = START
        let lapses = 0
        for (const [next, waitMs] of events) {
          now += waitMs
          const wasAsking = state.phase === 'asking'
          const step = nextRenewal(state, next, now, 0.5)
          if (wasAsking) expect(step.effects).not.toContain('ask')
          lapses += step.effects.filter((effect) => effect === 'lapsed').length
          state = step.state
        }
        expect(lapses).toBeLessThanOrEqual(1)
      }),
    )
  })
})
