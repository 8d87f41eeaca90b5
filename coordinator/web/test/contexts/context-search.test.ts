import { expect, test } from 'vitest'
import { decodeContextSearch } from '../../src/contexts/context-search.ts'
import { nameProblem } from '../../src/contexts/name-problem.ts'

test('the address of a context keeps version, comparison and tab', () => {
  expect(decodeContextSearch({ version: '3', from: 1, tab: 'compare' })).toEqual({
    version: 3,
    from: 1,
    tab: 'compare',
  })
})

test('what does not fit in an address is left out', () => {
  expect(decodeContextSearch({ version: '0', from: '1.5', tab: 'evil', other: 1 })).toEqual({})
})

test.each(['atlas', 'My context 2', 'größe'])('%j is a name', (name) => {
  expect(nameProblem(name)).toBeUndefined()
})

test.each(['', '  ', 'a/b', 'a@2', 'a\u0007b', 'x'.repeat(101)])('%j is not a name', (name) => {
  expect(nameProblem(name)).toBeTypeOf('string')
})
