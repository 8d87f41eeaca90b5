import { createSeededRandom } from '@muster/runtime/random.ts'
import { describe, expect, test } from 'vitest'
import { createArgon2Hasher, DEFAULT_ARGON2_COST } from '../src/password.ts'

const cheap = { memoryKiB: 64, passes: 1, parallelism: 1 }

describe('password hashes', () => {
  test('verify the password that made them, in any Unicode form, and no other', async () => {
    const hasher = createArgon2Hasher(createSeededRandom(1), cheap)
    const stored = await hasher.hash('pässword')
    expect(stored).toMatch(/^\$argon2id\$v=19\$m=64,t=1,p=1\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+$/)
    expect(await hasher.verify('pässword', stored)).toBe(true)
    expect(await hasher.verify('pa\u0308ssword', stored)).toBe(true)
    expect(await hasher.verify('password', stored)).toBe(false)
    expect(await hasher.hash('pässword')).not.toBe(stored)
  })

  test('keep their cost, so that it may change later; the default is that of OWASP', async () => {
    const stored = await createArgon2Hasher(createSeededRandom(1), cheap).hash('a password')
    expect(await createArgon2Hasher(createSeededRandom(2)).verify('a password', stored)).toBe(true)
    expect(DEFAULT_ARGON2_COST).toEqual({ memoryKiB: 19_456, passes: 2, parallelism: 1 })
  })

  test('a stored text that is none verifies nothing', async () => {
    const hasher = createArgon2Hasher(createSeededRandom(1), cheap)
    for (const stored of ['', 'plain', '$argon2i$v=19$m=64,t=1,p=1$YQ$YQ']) {
      expect(await hasher.verify('a password', stored), stored).toBe(false)
    }
  })

  test('many at once are all answered, each in its turn', async () => {
    const hasher = createArgon2Hasher(createSeededRandom(1), cheap)
    const stored = await hasher.hash('a password')
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => hasher.verify(index % 2 === 0 ? 'a password' : 'another', stored)),
    )
    expect(answers).toEqual(Array.from({ length: 20 }, (_, index) => index % 2 === 0))
  })
})
