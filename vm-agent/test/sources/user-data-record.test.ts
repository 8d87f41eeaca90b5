import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ApplyReport } from '@muster/vm-agent/apply/apply-report.ts'
import { userDataLines } from '@muster/vm-agent/cli/status-origin.ts'
import { endingOf, failed, MAX_TRIES } from '@muster/vm-agent/sources/user-data-ending.ts'
import {
  entryOf,
  readUserDataEntries,
  USER_DATA_FILE,
  type UserDataEntry,
  writeUserDataEntry,
} from '@muster/vm-agent/sources/user-data-record.ts'
import { describe, expect, test } from 'vitest'
import { temporaryDirectory } from '../apply/tree-fixture.ts'

const entry: UserDataEntry = {
  instance: 'i-1',
  digest: 'a'.repeat(64),
  script: 'agent',
  phase: 'applied',
  tries: 1,
  at: '2026-11-22T12:00:00.000Z',
  problem: null,
}

describe('what is remembered of user-data', () => {
  test('is one entry for each context on each instance, and not more than a few', async () => {
    const folder = temporaryDirectory()
    expect(await readUserDataEntries(folder)).toEqual([])
    await writeUserDataEntry(folder, { ...entry, phase: 'begun' })
    await writeUserDataEntry(folder, entry)
    expect(await readUserDataEntries(folder)).toEqual([entry])
    for (let index = 2; index < 40; index++) await writeUserDataEntry(folder, { ...entry, instance: `i-${index}` })
    const entries = await readUserDataEntries(folder)
    expect(entries).toHaveLength(16)
    expect(entryOf(entries, { ...entry, instance: 'i-39' })).toBeDefined()
    expect(entryOf(entries, entry)).toBeUndefined()
  })

  test.each(['', '{', '[]', '{"version":1,"entries":[{}]}', '{"version":9}'])(
    'counts as nothing when damaged: %j',
    async (text) => {
      const folder = temporaryDirectory()
      writeFileSync(join(folder, USER_DATA_FILE), text)
      expect(await readUserDataEntries(folder)).toEqual([])
      await writeUserDataEntry(folder, entry)
      expect(await readUserDataEntries(folder)).toEqual([entry])
    },
  )
})

function reportOf(outcome: string, code?: string): ApplyReport {
  const error = code === undefined ? undefined : { code, message: `it was ${code}`, hint: 'Do something.' }
  return { summary: { outcome }, diagnostics: [], error } as unknown as ApplyReport
}

describe('an apply of user-data', () => {
  test.each(['applied', 'unchanged', 'waiting'])('that ended as %s is done', (outcome) => {
    expect(endingOf(reportOf(outcome), 1)).toEqual({ phase: 'applied', problem: null })
  })

  test.each(['locked', 'disk-full', 'write-failed', 'command-failed', 'aborted'])(
    'that failed because of %s is tried again at the next start, but not for ever',
    (code) => {
      expect(endingOf(reportOf('rolled-back', code), 1)).toMatchObject({
        phase: 'begun',
        problem: { message: `it was ${code}` },
      })
      expect(endingOf(reportOf('rolled-back', code), MAX_TRIES).phase).toBe('failed')
      expect(failed(code, { message: 'no' }, 1)).toEqual({ phase: 'begun', problem: { message: 'no', hint: null } })
    },
  )

  test.each(['wrong-type', 'unknown-account', 'too-large', 'not-permitted'])(
    'that failed because of %s is not tried again',
    (code) => expect(endingOf(reportOf('rolled-back', code), 1).phase).toBe('failed'),
  )

  test.each([
    ['refused', undefined],
    ['rollback-failed', 'aborted'],
  ])('that ended as %s needs a person', (outcome, code) => {
    expect(endingOf(reportOf(outcome, code), 1).phase).toBe('failed')
  })
})

test('status tells an apply that is under way from one that has not ended', () => {
  const begun = { ...entry, phase: 'begun' } as const
  expect(userDataLines(undefined, false)).toEqual([])
  expect(userDataLines(begun, true)[0]?.[1]).toMatch(/^being applied/)
  expect(userDataLines(begun, false)[0]?.[1]).toMatch(/^NOT applied .*1 try.*tried again at the next start/)
  expect(userDataLines({ ...entry, script: 'cloud-init' }, false)[0]?.[1]).toMatch(/^applied .*left to cloud-init/)
})
