import { interruptedApply, interruptedWords } from '@muster/contexts/wire/interrupted-apply.ts'
import type { ApplySummary } from '@muster/contexts/wire/machines.ts'
import { expect, test } from 'vitest'

const cutOff = (fields: Partial<ApplySummary>): ApplySummary => ({
  ...{ finishedAt: '2026-11-28T10:05:00Z', startedAt: '2026-11-28T10:00:00Z', outcome: 'rolled-back', changes: 3 },
  ...{ warnings: 0, notDone: 0, durationMs: 0, errorCode: 'interrupted' },
  ...fields,
})

function said(fields: Partial<ApplySummary>): string {
  const interrupted = interruptedApply(cutOff(fields))
  return interrupted === undefined ? '' : interruptedWords(interrupted)
}

test.each<[string, Partial<ApplySummary>, string]>([
  [
    'some changes, taken back',
    {},
    'It was cut off when it had changed 3 files and settings, the last perhaps in part, by a power cut, a reset or a killed process. At the next start all of that was taken back: the machine is as it was.',
  ],
  [
    'one change',
    { changes: 1 },
    'It was cut off when it had changed one file or setting, perhaps in part, by a power cut, a reset or a killed process. At the next start all of that was taken back: the machine is as it was.',
  ],
  [
    'no change',
    { changes: 0 },
    'It was cut off before it had changed anything, by a power cut, a reset or a killed process. The machine is as it was.',
  ],
  [
    'not all taken back',
    { outcome: 'rollback-failed' },
    'It was cut off when it had changed 3 files and settings, the last perhaps in part, by a power cut, a reset or a killed process. Not all of that could be taken back at the next start: look at the machine before you use it.',
  ],
])('an apply that was cut off with %s says how far it had come and what became of that', (_, fields, words) => {
  expect(said(fields)).toBe(words)
})

test('an older agent does not tell how far it had come, and no number is made up for it', () => {
  const { startedAt: _, ...old } = cutOff({ changes: 0 })
  const interrupted = interruptedApply(old)
  expect(interrupted).toMatchObject({ changesMade: undefined, takenBackAt: '2026-11-28T10:05:00Z' })
  expect(interrupted === undefined ? '' : interruptedWords(interrupted)).toMatch(/^It was cut off in the middle, by/)
})

test('an apply that failed by itself was not cut off', () => {
  expect(interruptedApply(cutOff({ errorCode: 'write-failed' }))).toBeUndefined()
})
