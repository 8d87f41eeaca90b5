import type { FinishedApply } from '@muster/contexts/pairing/claimant.ts'
import { describe, expect, test } from 'vitest'
import {
  type MachinePlan,
  nextPairState,
  type PairEvent,
  type PairState,
  type Refusal,
} from '../../src/pairing/pair-state.ts'
import { sampleClaim } from '../sample-claim.ts'

const PHRASE = ['river', 'stone', 'lamp'] as const
const CHOICE = { id: 'ctx_1', name: 'atlas', version: 3 }
const PLAN: MachinePlan = { type: 'proposal-plan', changes: [], diagnostics: [] }
const REFUSAL: Refusal = { type: 'proposal-refused', code: 'invalid', message: 'No.', diagnostics: [] }
const STEP = { type: 'progress', index: 0, total: 1, address: 'user:alice', phase: 'started' } as const
const RESULT: FinishedApply = {
  type: 'finished',
  report: ['done'],
  summary: {
    finishedAt: '2026-01-01T00:00:00Z',
    outcome: 'applied',
    changes: 1,
    warnings: 0,
    notDone: 0,
    durationMs: 10,
  },
}

const HAPPY: readonly PairEvent[] = [
  { type: 'pin-entered' },
  { type: 'claimed', claim: sampleClaim },
  { type: 'confirmed' },
  { type: 'connected', phrase: PHRASE },
  { type: 'proposed', choice: CHOICE },
  { type: 'answered', answer: PLAN },
  { type: 'approved' },
  { type: 'progressed', step: STEP },
  { type: 'finished', result: RESULT },
]

function after(events: readonly PairEvent[]): PairState {
  return events.reduce(nextPairState, { step: 'pin' })
}

describe('a pairing on the page', () => {
  test('goes from the PIN to the result', () => {
    const steps = HAPPY.map((_, index) => after(HAPPY.slice(0, index + 1)).step)
    expect(steps).toEqual([
      'claiming',
      'machine',
      'connecting',
      'context',
      'planning',
      'plan',
      'applying',
      'applying',
      'finished',
    ])
  })

  test('never connects before the person has confirmed the machine', () => {
    const shown = after(HAPPY.slice(0, 2))
    expect(nextPairState(shown, { type: 'connected', phrase: PHRASE })).toBe(shown)
    expect(nextPairState(shown, { type: 'proposed', choice: CHOICE })).toBe(shown)
  })

  test('never applies before the person has seen the plan', () => {
    const planning = after(HAPPY.slice(0, 5))
    expect(nextPairState(planning, { type: 'approved' })).toBe(planning)
  })

  test('goes back to the context with the reason when the machine refuses', () => {
    const state = after([...HAPPY.slice(0, 5), { type: 'answered', answer: REFUSAL }])
    expect(state).toMatchObject({ step: 'context', refusal: REFUSAL, phrase: PHRASE })
  })

  test('goes back to the context without a reason when the plan is not wanted', () => {
    const state = after([...HAPPY.slice(0, 6), { type: 'withdrawn' }])
    expect(state).toEqual({ step: 'context', claim: sampleClaim, phrase: PHRASE })
  })

  test.each([1, 2, 3])('asks for a PIN again when it fails after %i events', (count) => {
    const error = new Error('wrong')
    expect(after([...HAPPY.slice(0, count), { type: 'failed', error }])).toEqual({ step: 'pin', error })
  })

  test.each([4, 5, 6, 7, 8])(
    'stops, and says that the machine has its owner, when it fails after %i events',
    (count) => {
      const error = new Error('away')
      expect(after([...HAPPY.slice(0, count), { type: 'failed', error }])).toEqual({
        step: 'stopped',
        error,
        isPaired: true,
      })
    },
  )

  test('keeps a result when the connection breaks afterwards', () => {
    const finished = after(HAPPY)
    expect(nextPairState(finished, { type: 'failed', error: new Error('late') })).toBe(finished)
  })

  test('begins anew from everywhere', () => {
    for (let count = 0; count <= HAPPY.length; count += 1) {
      expect(after([...HAPPY.slice(0, count), { type: 'restarted' }]), `after ${count} events`).toEqual({ step: 'pin' })
    }
  })
})
