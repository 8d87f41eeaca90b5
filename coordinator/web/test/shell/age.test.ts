import { expect, test } from 'vitest'
import { describeAge } from '../../src/shell/age.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')

test.each([
  ['2026-03-01T12:00:00Z', 'now'],
  ['2026-03-01T12:00:30Z', 'now'],
  ['2026-03-01T11:59:48Z', '12 seconds ago'],
  ['2026-03-01T11:58:01Z', '1 minute ago'],
  ['2026-03-01T09:00:00Z', '3 hours ago'],
  ['2026-02-28T11:00:00Z', 'yesterday'],
  ['2026-02-19T12:00:00Z', '10 days ago'],
])('%s is shown as %j', (at, words) => {
  expect(describeAge(at, NOW)).toBe(words)
})
