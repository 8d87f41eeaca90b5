import { describe, expect, it } from 'vitest'
import { didYouMean, editDistance, suggest } from '../../src/userdata/suggest.ts'

describe('the distance between two words', () => {
  const rows: readonly (readonly [left: string, right: string, distance: number])[] = [
    ['', '', 0],
    ['', 'abc', 3],
    ['abc', '', 3],
    ['kitten', 'sitting', 3],
    ['usres', 'users', 1],
    ['user', 'users', 1],
    ['disabed_plugins', 'disabled_plugins', 1],
  ]
  for (const [left, right, distance] of rows) {
    it(`of "${left}" and "${right}" is ${distance}`, () => {
      expect(editDistance(left, right)).toBe(distance)
      expect(editDistance(right, left)).toBe(distance)
    })
  }
})

describe('a suggestion', () => {
  it('is the nearest candidate, without regard to case', () => {
    expect(suggest('USRES', ['shell', 'users'])).toBe('users')
    expect(didYouMean('sheel', ['shell', 'users'])).toBe('Did you mean "shell"?')
  })

  it('is not made when nothing is near or the word is endless', () => {
    expect(suggest('something', ['shell', 'users'])).toBeUndefined()
    expect(suggest('a'.repeat(100), ['a'.repeat(99)])).toBeUndefined()
    expect(didYouMean('x', [])).toBeUndefined()
  })
})
