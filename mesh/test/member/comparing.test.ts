import { expect, test } from 'vitest'
import { afterComparing, isMissed, onMissed, startComparing } from '../../src/member/comparing.ts'

const HOUR_MS = 3_600_000

/** Times of the comparisons of a member that misses nothing. */
function calmTimes(self: string, untilMs: number): readonly number[] {
  const times: number[] = []
  for (let comparing = startComparing(self, 0); comparing.dueAt < untilMs; ) {
    times.push(comparing.dueAt)
    comparing = afterComparing(comparing, self, comparing.dueAt)
  }
  return times
}

test('a member compares soon after its start, and ever less often while nothing is missed', () => {
  const times = calmTimes('me', HOUR_MS)
  const waits = times.slice(1).map((at, index) => at - (times[index] ?? 0))
  expect(times[0]).toBeLessThanOrEqual(15_000)
  expect(times.filter((at) => at < 60_000).length).toBeGreaterThanOrEqual(3)
  expect(Math.min(...waits.slice(5))).toBeGreaterThanOrEqual(96_000)
  expect(Math.max(...waits)).toBeLessThanOrEqual(144_000)
})

test('members that start together do not compare together', () => {
  expect(new Set(['a', 'b', 'c', 'd', 'e'].map((self) => calmTimes(self, HOUR_MS).at(-1))).size).toBe(5)
})

test('something that was missed brings the next comparisons forward', () => {
  const calm = { dueAt: HOUR_MS + 100_000, waitMs: 120_000 }
  const alarmed = onMissed(calm, 'me', HOUR_MS)
  expect(alarmed.dueAt - HOUR_MS).toBeLessThanOrEqual(12_000)
  const next = afterComparing(alarmed, 'me', alarmed.dueAt)
  expect(next.dueAt - alarmed.dueAt).toBeLessThanOrEqual(12_000)
  expect(onMissed({ dueAt: HOUR_MS + 1, waitMs: 120_000 }, 'me', HOUR_MS).dueAt).toBe(HOUR_MS + 1)
})

test('a record that was just issued was not missed, gossip may still bring it', () => {
  expect([isMissed({ issuedAt: 50_000 }, 55_000), isMissed({ issuedAt: 50_000 }, 70_000)]).toEqual([false, true])
})
