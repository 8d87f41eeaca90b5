import { expect, test } from 'vitest'
import {
  countStatuses,
  describeCounts,
  findHolder,
  matchesMember,
  sortMembers,
} from '../../src/clusters/member-list.ts'
import { COORDINATOR, connected, memberAt } from './sample-mesh.ts'

const near = memberAt('cern', 'web', 0, {
  ...connected(),
  heardAgoMs: 5,
  address: '10.1.2.3',
  program: 'muster-agent 1',
})
const far = memberAt('torino', 'worker', 2, { status: 'gone', heardAgoMs: 90_000 })
const silent = memberAt('cern', 'worker', 10, { status: 'suspect' })
const all = [silent, far, near, COORDINATOR]
const { heardAgoMs: _, ...unheard } = silent

test('statuses are counted, and told without those that nobody is in', () => {
  expect(describeCounts(countStatuses(all))).toBe('2 alive, 1 suspect, 1 gone')
  expect(describeCounts(countStatuses([]))).toBe('nobody')
})

test.each([
  ['', true],
  ['web/0', true],
  ['10.1.2', true],
  ['CERN alive', true],
  ['muster-agent', true],
  [near.peer.slice(-8), true],
  ['fixed service', true],
  ['torino', false],
  ['cern gone', false],
])('a search for "%s" finds a member by its facts: %s', (search, isFound) => {
  expect(matchesMember(near, search)).toBe(isFound)
})

test('members are sorted by cloud, service and slot as a number, the coordinator first', () => {
  const two = memberAt('cern', 'worker', 2)
  expect(sortMembers([...all, two], 'cloud', false)).toEqual([COORDINATOR, near, two, silent, far])
})

test('other orders keep that order among equals', () => {
  expect(sortMembers(all, 'status', false)).toEqual([COORDINATOR, near, silent, far])
  expect(sortMembers(all, 'status', true)).toEqual([far, silent, COORDINATOR, near])
  expect(sortMembers(all, 'name', false)).toEqual([COORDINATOR, near, far, silent])
})

test('who was never heard, or is not connected, comes last', () => {
  expect(sortMembers([unheard, far, near], 'heard', false)).toEqual([near, far, unheard])
  expect(sortMembers([silent, near], 'rtt', false)).toEqual([near, silent])
})

test('the holder of a place is found by its generation too', () => {
  const place = { service: 'worker', cloud: 'torino', slot: 2, generation: 0 }
  const mesh = { members: all }
  expect(findHolder(mesh, place)).toBe(far)
  expect(findHolder(mesh, { ...place, generation: 1 })).toBeUndefined()
  expect(findHolder(undefined, place)).toBeUndefined()
})
