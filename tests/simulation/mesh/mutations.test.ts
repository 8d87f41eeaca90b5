import { describe, expect, test } from 'vitest'
import { MUTATIONS } from './mutations.ts'

describe('a mesh without one of its mechanisms is found out', () => {
  test.each(MUTATIONS)('without $without', ({ tampering, scenario }) => {
    expect(scenario(), 'with it').toEqual([])
    expect(scenario(tampering()), 'without it').not.toEqual([])
  })
})
