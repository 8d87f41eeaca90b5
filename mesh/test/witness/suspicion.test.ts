import { remainingSuspicionMs } from '@muster/mesh/witness/suspicion.ts'
import { expect, test } from 'vitest'

const times = { minMs: 1_000, maxMs: 6_000, wanted: 3 }

test.each([
  [0, 0, 6_000],
  [1, 0, 3_500],
  [2, 0, 2_038],
  [3, 0, 1_000],
  [9, 0, 1_000],
  [1, 3_000, 500],
  [3, 1_500, -500],
])('with %i confirmations after %i ms there are %i ms left', (confirmations, elapsed, left) => {
  expect(Math.round(remainingSuspicionMs(confirmations, elapsed, times))).toBe(left)
})

test('nobody to wait for: the shortest time from the start', () => {
  expect(remainingSuspicionMs(0, 400, { ...times, wanted: 0 })).toBe(600)
})
