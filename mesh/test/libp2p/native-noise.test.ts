import { pureJsCrypto } from '@libp2p/noise'
import { NATIVE_CIPHERS } from '@muster/mesh/libp2p/native-noise.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const message = {
  text: fc.uint8Array({ maxLength: 3_000 }),
  nonce: bytes(12),
  ad: fc.uint8Array({ maxLength: 40 }),
  key: bytes(32),
}

test('what one side seals the other opens, whichever library it has', () => {
  fc.assert(
    fc.property(fc.record(message), ({ text, nonce, ad, key }) => {
      const sealed = NATIVE_CIPHERS.chaCha20Poly1305Encrypt(text, nonce, ad, key).subarray()
      const expected = pureJsCrypto.chaCha20Poly1305Encrypt(text, nonce, ad, key).subarray()
      expect(Buffer.compare(sealed, expected)).toBe(0)
      const opened = NATIVE_CIPHERS.chaCha20Poly1305Decrypt(expected, nonce, ad, key).subarray()
      expect(Buffer.compare(opened, text)).toBe(0)
    }),
  )
})

test('a message in which one bit has changed is refused', () => {
  const isChanged = fc.record({ ...message, place: fc.nat(), bit: fc.integer({ min: 0, max: 7 }) })
  fc.assert(
    fc.property(isChanged, ({ text, nonce, ad, key, place, bit }) => {
      const sealed = Uint8Array.from(NATIVE_CIPHERS.chaCha20Poly1305Encrypt(text, nonce, ad, key).subarray())
      const at = place % sealed.length
      sealed[at] = (sealed[at] ?? 0) ^ (1 << bit)
      expect(() => NATIVE_CIPHERS.chaCha20Poly1305Decrypt(sealed, nonce, ad, key)).toThrow()
    }),
  )
})
