import type { ApplySummary } from '@muster/contexts/wire/machines.ts'
import { expect, test } from 'vitest'
import { describeOutcome } from '../../src/machines/apply-outcome.ts'

const summary = (outcome: ApplySummary['outcome'], notDone = 0): ApplySummary => ({
  outcome,
  notDone,
  finishedAt: '2026-01-01T00:00:00Z',
  changes: 1,
  warnings: 0,
  durationMs: 1,
})

test.each([
  ['applied', 'teal'],
  ['unchanged', 'teal'],
  ['rolled-back', 'red'],
  ['rollback-failed', 'red'],
  ['refused', 'red'],
] as const)('%s is shown in %s', (outcome, color) => {
  expect(describeOutcome(summary(outcome)).color).toBe(color)
})

test('a success that left steps out is a warning and counts them', () => {
  expect(describeOutcome(summary('applied', 2))).toMatchObject({
    color: 'yellow',
    text: expect.stringContaining('2 steps'),
  })
  expect(describeOutcome(summary('applied', 1)).text).toContain('1 step was')
})

test('an apply that was cut off is told from one that failed, with what had been changed by then', () => {
  const cutOff = { ...summary('rolled-back'), changes: 4, errorCode: 'interrupted', startedAt: '2026-01-01T00:00:00Z' }
  expect(describeOutcome(cutOff)).toMatchObject({
    title: 'Cut off and taken back',
    text: expect.stringContaining('4 files and settings'),
    color: 'red',
  })
  expect(describeOutcome({ ...cutOff, outcome: 'rollback-failed' }).title).toContain('not all')
})
