import { MIN_PASSPHRASE_CHARS as LIMIT } from '@muster/contexts/context/seal.ts'
import { expect, test } from 'vitest'
import { estimateStrength, MIN_PASSPHRASE_CHARS } from '../../src/sealing/passphrase-strength.ts'

test('the page and the sealing agree on the shortest passphrase', () => {
  expect(MIN_PASSPHRASE_CHARS).toBe(LIMIT)
})

test.each([
  ['', 0],
  ['short', 0],
  ['aaaaaaaaaaaa', 1],
  ['123456789012', 1],
  ['passwordpassword', 1],
  ['sunny-harbor-57', 2],
  ['velvet tractor orbit mustard', 3],
])('%j has strength %i', (passphrase, level) => {
  expect(estimateStrength(passphrase).level).toBe(level)
})
