import { Secret } from '@muster/contexts/secret.ts'
import { createSeededRandom } from '@muster/runtime/random.ts'
import { describe, expect, test } from 'vitest'
import { hashOfDrawnPassword, hashPassword, hasPassword, isHashOf, isLocked } from '../../src/accounts/password-hash.ts'

describe('a password hash', () => {
  test.each(['secret', '', 'zwölf Boxkämpfer', 'x'.repeat(200), ' '])('of %j is found to be of it alone', (text) => {
    const hash = hashPassword(new Secret(text), createSeededRandom(7))
    expect(isHashOf(hash, new Secret(text))).toBe(true)
    expect(isHashOf(hash, new Secret(`${text}.`))).toBe(false)
  })

  // Made by crypt(3) of glibc.
  test.each([
    [
      'Hello world!',
      '$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1',
    ],
    ['correct horse', '$5$rounds=6000$pepper$ACVP70WPGe/aO1xC0FIpZ7YnilQl2jgfegCht1PPo48'],
    [
      'x'.repeat(80),
      '$6$rounds=7000$0123456789abcdef$CWRBph94wHOMmaE/Qz5NxGPZKIdv5PyyAtwIOqCyoFlgJfnfyE0S1GgrYiHuHtrOohx.zRjRIHH3UfxXjsUVs/',
    ],
    ['zwölf', '$6$a$BEahNnBXF.ipjzQJu2TmVgz5rla5UHx8mdjBMumlJFQKAPP8uTaVeFfUSMuLgN1AZrnKPpwY3GoRcrbQ7Wp2e/'],
  ])('of %j as the C library makes it is recognized', (text, hash) => {
    expect(isHashOf(hash, new Secret(text))).toBe(true)
  })

  test.each(['$y$j9T$a$b', '$1$a$b', 'x', '', '*', '$6$rounds=999999999$a$b', '$6$a$b:c'])(
    '%j is not recomputed',
    (hash) => {
      expect(isHashOf(hash, new Secret('secret'))).toBe(false)
    },
  )

  test('of a drawn password is another each time', () => {
    const random = createSeededRandom(1)
    expect(hashOfDrawnPassword(random)).not.toBe(hashOfDrawnPassword(random))
  })

  test.each([
    ['!', true, false],
    ['*', true, false],
    ['!$6$a$b', true, false],
    ['', false, false],
    ['x', false, false],
    ['$6$a$b', false, true],
  ])('field %j is locked: %s, a password: %s', (field, locked, present) => {
    expect([isLocked(field), hasPassword(field)]).toEqual([locked, present])
  })
})
