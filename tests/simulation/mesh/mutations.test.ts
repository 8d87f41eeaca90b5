import { describe, expect, test } from 'vitest'
import { MUTATIONS } from './mutations.ts'

/** On a busy machine simulations take their time. */
const PATIENCE = { timeout: 300_000 }

describe('a mesh without one of its mechanisms is found out', () => {
  test.each(MUTATIONS)('without $without', PATIENCE, ({ tampering, scenario }) => {
    expect(scenario(), 'with it').toEqual([])
    expect(scenario(tampering()), 'without it').not.toEqual([])
  })
})
