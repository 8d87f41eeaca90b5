import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeBase64url, encodeBase64url, lvCat, prependLength } from '../../src/pairing/bytes.ts'

test('base64url gives every byte string back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const text = encodeBase64url(bytes)
      expect(text).toBe(Buffer.from(bytes).toString('base64url'))
      expect(decodeBase64url(text)).toEqual(bytes)
    }),
  )
})

test('base64url of a megabyte is read back', () => {
  const bytes = Uint8Array.from({ length: 1024 * 1024 + 1 }, (_, index) => index % 251)
  expect(Buffer.from(decodeBase64url(encodeBase64url(bytes))).equals(Buffer.from(bytes))).toBe(true)
})

test.each(['A', 'AAAAA', 'AA==', 'AA+A', 'AA/A', 'AA A', 'AB', 'AAB', 'ä'])('the text %j is refused', (text) => {
  expect(() => decodeBase64url(text)).toThrowError(expect.objectContaining({ code: 'protocol' }))
})

test('different lists of parts never give the same bytes', () => {
  const parts = fc.array(fc.uint8Array({ maxLength: 5 }), { maxLength: 4 })
  fc.assert(
    fc.property(parts, parts, (a, b) => {
      const isSame = JSON.stringify(a.map((p) => [...p])) === JSON.stringify(b.map((p) => [...p]))
      expect(Buffer.from(lvCat(...a)).equals(Buffer.from(lvCat(...b)))).toBe(isSame)
    }),
  )
})

test.each([
  [0, [0]],
  [127, [127]],
  [128, [0x80, 1]],
  [300, [0xac, 2]],
])('a length of %i is written as LEB128', (length, prefix) => {
  expect([...prependLength(new Uint8Array(length)).slice(0, prefix.length)]).toEqual(prefix)
})
