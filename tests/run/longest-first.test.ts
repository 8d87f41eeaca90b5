import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { PROJECT_ROOT } from '../program.ts'
import { LONG_FILES, longestFirst } from './longest-first.ts'

test('long files come first, longest of all the first, and all others stay in order', () => {
  const [longest = '', second = ''] = LONG_FILES
  expect(longestFirst(['b.test.ts', second, 'a.test.ts', longest])).toEqual([longest, second, 'b.test.ts', 'a.test.ts'])
})

test('every long file is there', () => {
  expect(LONG_FILES.filter((path) => !existsSync(join(PROJECT_ROOT, path)))).toEqual([])
})
