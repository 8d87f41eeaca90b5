import { expect, test } from 'vitest'
import { sectionAt } from '../../src/editor/section-at.ts'

const lines = ['#!/bin/sh', '[ -f x ] && exit 0', '[CernVM]', 'users=a:b:c', '[other]']
const text = (line: number) => lines[line - 1] ?? ''

test.each([
  [1, undefined],
  [2, undefined],
  [3, 'cernvm'],
  [4, 'cernvm'],
  [5, 'other'],
])('line %i belongs to %j', (line, section) => {
  expect(sectionAt(text, line)).toBe(section)
})
