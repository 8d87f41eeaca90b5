import type { WireChange } from '@muster/contexts/wire/channel.ts'
import { expect, test } from 'vitest'
import { viewProgress } from '../../src/pairing/apply-steps.ts'

const step = (index: number, phase: 'started' | 'done' | 'not-done' | 'failed') =>
  ({ type: 'progress', index, total: 3, address: `file:/${index}`, phase }) as const

const CHANGES: readonly WireChange[] = [0, 1, 2].map((index) => ({
  action: 'create',
  address: `file:/${index}`,
  summary: `file ${index}`,
  undo: 'exact',
}))

test('nothing is shown before the first word of the machine', () => {
  expect(viewProgress([], [])).toEqual({ steps: [], finished: 0, total: 0 })
})

test('each change is shown once, with the last word on it, in the order of the plan', () => {
  const view = viewProgress(CHANGES, [step(1, 'started'), step(0, 'done'), step(1, 'done'), step(2, 'started')])
  expect(view.steps.map(({ index, phase }) => [index, phase])).toEqual([
    [0, 'done'],
    [1, 'done'],
    [2, 'started'],
  ])
  expect(view).toMatchObject({ finished: 2, total: 3 })
})

test('what was left out or failed counts as finished', () => {
  expect(viewProgress(CHANGES, [step(0, 'not-done'), step(1, 'failed')]).finished).toBe(2)
})

test('a change has the words of the plan, or its address when the plan does not know it', () => {
  const { steps } = viewProgress(CHANGES, [step(0, 'done'), { ...step(1, 'done'), address: 'file:/new' }])
  expect(steps.map(({ text }) => text)).toEqual(['file 0', 'file:/new'])
})
