import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { REFUSAL_CAUSES } from '../../src/admission/refusals.ts'
import {
  type JoiningEvent,
  type JoiningStart,
  type JoiningState,
  joiningDueAt,
  MAX_WAIT_MS,
  nextJoining,
  startJoining,
} from '../../src/joining/next.ts'
import { phaseOf } from '../../src/joining/phase.ts'
import { START } from '../admission/cluster.ts'

const HOUR = 60 * 60_000
const termFrom = (issuedAt: number) => ({ issuedAt, expiresAt: issuedAt + 24 * HOUR })
const FAILED: JoiningEvent = { type: 'failed', trouble: 'The network is down.' }

/** Answers each question by `reply` until `end`; says when was asked for what. */
function run(start: JoiningStart, end: number, reply: (now: number, kind: 'join' | 'renew') => JoiningEvent) {
  const asked: [number, 'join' | 'renew'][] = []
  let { state, effects } = startJoining(start, START, 0.5)
  for (let now = START; now <= end; ) {
    const [kind] = effects
    if (kind !== undefined) asked.push([now, kind])
    const event = kind === undefined ? ({ type: 'time' } as const) : reply(now, kind)
    ;({ state, effects } = nextJoining(state, event, now, 0.5))
    if (effects.length === 0) now = Math.max(now, joiningDueAt(state))
  }
  return { state, asked }
}

describe('the way into a cluster', () => {
  test('asks at once, then ever more slowly, at most once a minute', () => {
    const { asked } = run({ term: undefined, hasToken: true }, START + 10 * 60_000, () => FAILED)
    const waits = asked.slice(1).map(([at], index) => at - (asked[index]?.[0] ?? 0))
    expect(asked[0]).toEqual([START, 'join'])
    expect(waits.slice(0, 6)).toEqual([2000, 4000, 8000, 16_000, 32_000, 60_000])
    expect(Math.max(...waits)).toBe(60_000)
  })

  test('waits as long as the issuer asks for, but not for ever', () => {
    const refused = (retryAfterMs: number): JoiningEvent => ({ type: 'refused', cause: 'try-later', retryAfterMs })
    for (const [asks, waits] of [
      [30_000, 30_000],
      [24 * HOUR, MAX_WAIT_MS],
    ] as const) {
      const joining = run({ term: undefined, hasToken: true }, START, () => refused(asks))
      expect(joiningDueAt(joining.state)).toBe(START + waits)
      const renewing = run({ term: termFrom(START - 20 * HOUR), hasToken: false }, START, () => refused(asks))
      expect(joiningDueAt(renewing.state)).toBe(START + waits)
    }
  })

  test('ends when the token is refused for good', () => {
    for (const cause of ['token-used', 'token-expired', 'duplicate-slot', 'certificate-revoked'] as const) {
      const { state, asked } = run({ term: undefined, hasToken: true }, START, () => ({ type: 'refused', cause }))
      expect([state, asked.length]).toEqual([{ phase: 'ended', cause }, 1])
    }
  })

  test('tries the token first when the kept certificate has expired, then to renew it', () => {
    const start = { term: termFrom(START - 30 * HOUR), hasToken: true }
    const { asked, state } = run(start, START, (_, kind) =>
      kind === 'join' ? { type: 'refused', cause: 'token-used' } : { type: 'admitted', term: termFrom(START) },
    )
    expect(asked.map(([, kind]) => kind)).toEqual(['join', 'renew'])
    expect(phaseOf(state)).toEqual({ phase: 'member', trouble: undefined })
  })

  test('does not wait for years when the clock was set right after it was far ahead', () => {
    for (const term of [undefined, termFrom(START - 20 * HOUR)]) {
      const { state } = run({ term, hasToken: term === undefined }, START, () => FAILED)
      const year = 365 * 24 * HOUR
      expect(nextJoining(state, { type: 'time' }, START - year, 0.5).effects).toHaveLength(1)
    }
  })

  test('never asks twice before an answer, is never without a next step, and ends for good', () => {
    const event: fc.Arbitrary<JoiningEvent> = fc.oneof(
      fc.constant<JoiningEvent>({ type: 'time' }),
      fc.constant(FAILED),
      fc.record({ type: fc.constant('refused' as const), cause: fc.constantFrom(...REFUSAL_CAUSES) }),
      fc.record({
        type: fc.constant('refused' as const),
        cause: fc.constantFrom(...REFUSAL_CAUSES),
        retryAfterMs: fc.integer({ min: 0, max: 24 * HOUR }),
      }),
      fc.integer({ min: -48, max: 48 }).map(
        (hours): JoiningEvent => ({
          type: 'admitted',
          term: termFrom(START + hours * HOUR),
        }),
      ),
    )
    const start = fc.record({
      term: fc.option(
        fc.integer({ min: -48, max: 1 }).map((hours) => termFrom(START + hours * HOUR)),
        {
          nil: undefined,
        },
      ),
      hasToken: fc.boolean(),
    })
    const moment = fc.tuple(event, fc.integer({ min: -HOUR, max: 8 * HOUR }))
    fc.assert(
      fc.property(start, fc.array(moment, { maxLength: 50 }), (begin, moments) => {
        let now = START
        let { state, effects } = startJoining(begin, now, 0.5)
        let isAsked = effects.length > 0
        for (const [next, waitMs] of moments) {
          now += waitMs
          // An answer comes only to who has asked.
          if (next.type !== 'time' && !isAsked) continue
          const before: JoiningState = state
          ;({ state, effects } = nextJoining(state, next, now, 0.5))
          expect(isAsked && next.type === 'time' ? effects : []).toEqual([])
          isAsked = effects.length > 0 || (isAsked && next.type === 'time')
          expect(isAsked || state.phase === 'ended' || Number.isFinite(joiningDueAt(state))).toBe(true)
          expect(before.phase === 'ended' ? state : before).toBe(before)
          expect(phaseOf(state).trouble).not.toBe('')
        }
      }),
    )
  })
})
