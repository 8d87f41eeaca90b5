import { describe, expect, test } from 'vitest'
import type { Role } from '../../src/admission/membership.ts'
import { demandOwnersToMeet } from '../../src/node/demand-owners.ts'
import type { MemberStatus } from '../../src/witness/state.ts'

const clouds = [
  { name: 'with', agents: [{ peer: 'agent', addresses: [] }] },
  { name: 'without', agents: [] },
]
const own = (role: Role, cloud: string) => ({ role, slot: { service: 'any', cloud, slot: 0, generation: 0 } })
const other = (peer: string, role: Role, status: MemberStatus = 'alive') => [peer, { role }, status] as const

describe('whom a worker must meet', () => {
  const others = [
    other('head', 'demand-owner'),
    other('proxy', 'fixed'),
    other('doubted', 'demand-owner', 'suspect'),
    other('dead', 'demand-owner', 'gone'),
    other('stopped', 'demand-owner', 'left'),
    ['stranger', undefined, 'alive'] as const,
  ]

  test('is who follows its records, where no agent passes them on', () => {
    expect(demandOwnersToMeet(own('worker', 'without'), { clouds }, others)).toEqual(['doubted', 'head'])
  })

  test.each([
    ['a worker of a cloud with agents', own('worker', 'with')],
    ['a member that everybody follows', own('fixed', 'without')],
    ['a worker of a cloud that is no more', own('worker', 'removed')],
    ['nobody yet', undefined],
  ])('is nobody for %s', (_, one) => {
    expect(demandOwnersToMeet(one, { clouds }, others)).toEqual([])
  })

  test('is a few, the same for each look', () => {
    const many = Array.from({ length: 9 }, (_, index) => other(`head-${index}`, 'demand-owner'))
    const wanted = ['head-0', 'head-1', 'head-2', 'head-3']
    expect(demandOwnersToMeet(own('worker', 'without'), { clouds }, many)).toEqual(wanted)
    expect(demandOwnersToMeet(own('worker', 'without'), { clouds }, many.toReversed())).toEqual(wanted)
  })
})
