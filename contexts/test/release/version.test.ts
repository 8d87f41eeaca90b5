import { compareVersions, isVersion } from '@muster/contexts/release/version.ts'
import fc from 'fast-check'
import semver from 'semver'
import { expect, test } from 'vitest'

const number = fc.nat({ max: 30 }).map(String)
const word = fc.oneof(number, fc.stringMatching(/^[0-9a-zA-Z-]{1,4}$/), fc.constantFrom('alpha', 'rc', 'Rc', '-', '0a'))
const words = fc.array(word, { minLength: 1, maxLength: 3 })
const version = fc
  .tuple(fc.tuple(number, number, number), fc.option(words), fc.option(words))
  .map(([core, prerelease, build]) =>
    [core.join('.'), prerelease && `-${prerelease.join('.')}`, build && `+${build.join('.')}`].join(''),
  )

test('versions are ordered as the reference library orders them', () => {
  fc.assert(
    fc.property(version, version, (a, b) => {
      fc.pre(isVersion(a) && isVersion(b))
      expect(Math.sign(compareVersions(a, b))).toBe(semver.compare(a, b))
    }),
    { seed: 5, numRuns: 2000 },
  )
})

test('the same texts are versions as for the reference library, unless they are very long', () => {
  fc.assert(
    fc.property(fc.oneof(version, fc.stringMatching(/^[0-9a.+-]{1,12}$/)), (text) => {
      expect(isVersion(text)).toBe(semver.parse(text)?.raw === text)
    }),
    { seed: 5, numRuns: 2000 },
  )
})

test.each(['', 'v1.2.3', '1.2', '01.2.3', '1.2.3-', '1.2.3\n', ' 1.2.3', '1.2.3/../..', `1.2.3-${'a'.repeat(100)}`])(
  '%j is no version',
  (text) => expect(isVersion(text)).toBe(false),
)
