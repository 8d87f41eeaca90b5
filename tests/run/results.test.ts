import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { postgresProgramFolders } from '../postgres/program-folders.ts'
import { hasProgram } from './programs.ts'
import { sortOutcome } from './results.ts'

const file = (status: string, tests: readonly [name: string, status: string][], message?: string) => ({
  name: '/root/a.test.ts',
  status,
  ...(message === undefined ? {} : { message }),
  assertionResults: tests.map(([fullName, status]) => ({ fullName, status })),
})

test('tests are counted by outcome, and those not run are named', () => {
  const tests = [
    ['one', 'passed'],
    ['two', 'failed'],
    ['three', 'skipped'],
    ['four', 'pending'],
  ] as const
  expect(
    sortOutcome(
      { success: false, testResults: [file('failed', [...tests.map((t) => [...t] as [string, string])])] },
      '/root',
    ),
  ).toEqual({
    passed: 1,
    failed: ['a.test.ts: two'],
    notRun: ['a.test.ts: three', 'a.test.ts: four'],
  })
})

test('a file that cannot be loaded is a failure though it has no test', () => {
  const report = { success: false, testResults: [file('failed', [], 'SyntaxError: no')] }
  expect(sortOutcome(report, '/root').failed).toEqual(['a.test.ts: SyntaxError: no'])
})

test('a program is found only where it can be executed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-programs-'))
  try {
    writeFileSync(join(folder, 'tool'), '', { mode: 0o755 })
    writeFileSync(join(folder, 'data'), '', { mode: 0o644 })
    expect(hasProgram('tool', `/nowhere:${folder}`)).toBe(true)
    expect(hasProgram('data', folder)).toBe(false)
    expect(hasProgram('tool', '/nowhere')).toBe(false)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('programs of PostgreSQL, which are on no search path, are looked for where Debian puts them, newest first', () => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-programs-'))
  try {
    for (const version of ['9.6', '15', '17']) mkdirSync(join(folder, version))
    const found = postgresProgramFolders(folder)
    expect(found).toEqual(['17', '15', '9.6'].map((version) => join(folder, version, 'bin')))
    expect(postgresProgramFolders(join(folder, 'none'))).toEqual([])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
