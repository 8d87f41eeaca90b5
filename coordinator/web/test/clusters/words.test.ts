import { expect, test } from 'vitest'
import { decodeClusterSearch } from '../../src/clusters/cluster-search.ts'
import { findStaleness, STALE_AFTER_MS } from '../../src/clusters/freshness.ts'
import {
  describeConnection,
  memberName,
  roundTrip,
  shortPeer,
  shortSpan,
  timeOfAge,
} from '../../src/clusters/member-words.ts'
import { offsetOf } from '../../src/clusters/text-offset.ts'
import { COORDINATOR, connected, memberAt } from './sample-mesh.ts'

test.each([
  [0, '0 s'],
  [999, '0 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [3_600_000 * 5, '5 h'],
  [86_400_000 * 2, '2 d'],
])('%i ms are %s', (ms, words) => {
  expect(shortSpan(ms)).toBe(words)
})

test('members are called by service and slot, the coordinator by what it is', () => {
  expect(memberName(memberAt('cern', 'web', 3))).toBe('web/3')
  expect(memberName(COORDINATOR)).toBe('coordinator')
  expect(shortPeer(`12D3Koo${'1'.repeat(37)}abcdefgh`)).toBe('…abcdefgh')
})

test('connections are told with their way and their round trip', () => {
  expect(describeConnection(COORDINATOR)).toBe('itself')
  expect(describeConnection(memberAt('cern', 'web', 0))).toBe('none, heard through others')
  expect(describeConnection(memberAt('cern', 'web', 0, connected()))).toBe('direct, 2.3 ms')
  expect(describeConnection(memberAt('cern', 'web', 0, connected(true)))).toBe('through a relay, 2.3 ms')
  expect(roundTrip(123.4)).toBe('123 ms')
})

test('an age counts back from when the answer came', () => {
  expect(timeOfAge(5_000, Date.parse('2026-01-01T00:00:05Z'))).toBe('2026-01-01T00:00:00.000Z')
})

test('fresh data of a member hold; old ones, and those of a coordinator outside, do not', () => {
  expect(findStaleness('member', 0, STALE_AFTER_MS)).toBeUndefined()
  expect(findStaleness('member', 0, STALE_AFTER_MS + 1_000)?.title).toContain('41 s')
  for (const phase of ['joining', 'lapsed', 'refused', 'left'] as const) {
    expect(findStaleness(phase, 0, 0)?.title, phase).toContain('coordinator')
  }
})

test('the address keeps the tab, and nothing that is none', () => {
  expect(decodeClusterSearch({ tab: 'members', more: 1 })).toEqual({ tab: 'members' })
  expect(decodeClusterSearch({ tab: 'constructor' })).toEqual({})
})

test.each([
  [1, 1, 0],
  [2, 3, 6],
  [2, 99, 8],
  [99, 1, 9],
  [0, 0, 0],
])('line %i, column %i of a text is at %i', (line, column, offset) => {
  expect(offsetOf('abc\ndefg\nh', line, column)).toBe(offset)
})
