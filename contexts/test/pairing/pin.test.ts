import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { drawSecret, formatPin, PIN_ALPHABET, parsePin, pinLetters } from '../../src/pairing/pin.ts'
import { Secret } from '../../src/secret.ts'

describe('a typed PIN', () => {
  test.each(['WDJB-MJHT', 'wdjb-mjht', 'WDJBMJHT', ' wdjb mjht ', 'wd jb.mj—ht', 'WDJB–MJHT\n', 'w\u200bdjb-mjht'])(
    'is read as people write it: %j',
    (input) => {
      const pin = parsePin(input)
      expect(pin.locator).toBe('WDJB')
      expect(pin.secret.reveal()).toBe('MJHT')
    },
  )

  test.each([
    ['', /this has 0/],
    ['WDJB', /this has 4/],
    ['WDJB-MJHTX', /this has 9/],
    ['WDJB-MJH', /this has 7/],
    ['WDJB-MJHA', /7 that can occur/],
    ['123 456', /0 that can occur/],
    ['WDJB-MJHT'.repeat(100), /900 characters/],
  ])('is refused with the number of its letters: %j', (input, message) => {
    const refusal = expect.objectContaining({ code: 'pin-format', message: expect.stringMatching(message) })
    expect(() => parsePin(input)).toThrowError(refusal)
  })

  test('does not show its secret half when printed', () => {
    const pin = parsePin('WDJB-MJHT')
    expect(JSON.stringify(pin)).not.toContain('MJHT')
    expect(inspect(pin)).not.toContain('MJHT')
    expect(`${pin.secret}`).not.toContain('MJHT')
  })

  test('does not appear in the error about it', () => {
    try {
      parsePin('QXZW-BCDFG')
      expect.unreachable()
    } catch (error) {
      expect(inspect(error)).not.toMatch(/QXZW|BCDF/)
    }
  })
})

test('every PIN is read back from how it is shown, in any case and with any decoration', () => {
  const letters = fc.array(fc.constantFrom(...PIN_ALPHABET), { minLength: 4, maxLength: 4 }).map((l) => l.join(''))
  const decoration = fc.string({ unit: fc.constantFrom('-', ' ', '.', '0', 'a', 'e', '—', '\t'), maxLength: 3 })
  fc.assert(
    fc.property(letters, letters, decoration, fc.boolean(), (locator, secret, dirt, isLower) => {
      const shown = formatPin({ locator, secret: new Secret(secret) })
      const typed = [...(isLower ? shown.toLowerCase() : shown)].join(dirt)
      const pin = parsePin(typed)
      expect(formatPin(pin)).toBe(shown)
      expect(pinLetters(typed)).toBe(locator + secret)
    }),
  )
})

describe('a drawn secret', () => {
  test('never uses the bytes that would favor some letters', () => {
    const draws = [Uint8Array.of(255, 240, 250, 0, 19, 20, 239, 1)]
    expect(drawSecret({ bytes: () => draws.shift() ?? new Uint8Array(8) }).reveal()).toBe('BZBZ')
  })

  test('asks for more bytes when too few were usable', () => {
    const draws = [new Uint8Array(8).fill(255), Uint8Array.of(1, 255, 255, 255, 255, 255, 255, 2), new Uint8Array(8)]
    expect(drawSecret({ bytes: () => draws.shift() ?? new Uint8Array(8) }).reveal()).toBe('CDBB')
  })

  test('has every letter equally often over all bytes', () => {
    const counts = new Map<string, number>()
    let next = 0
    const bytes = (length: number) => Uint8Array.from({ length }, () => next++ % 256)
    for (let draw = 0; draw < 240 * 8; draw += 1) {
      for (const letter of drawSecret({ bytes }).reveal()) counts.set(letter, (counts.get(letter) ?? 0) + 1)
    }
    const values = [...counts.values()]
    expect(counts.size).toBe(PIN_ALPHABET.length)
    expect(Math.max(...values) - Math.min(...values)).toBeLessThan(0.2 * Math.max(...values))
  })
})
