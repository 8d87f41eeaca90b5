import type { Clock } from '@muster/runtime/clock.ts'
import type { Random } from '@muster/runtime/random.ts'

/** Crockford's base 32 in lower case: no i, l, o, u. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/** Prefixes of the identifiers that the coordinator gives. */
export type IdPrefix = 'acc' | 'tok' | 'ctx' | 'pair' | 'clm' | 'mch' | 'req'

/** Gives a new identifier of a kind, such as `ctx_01j…`. */
export type CreateId = (prefix: IdPrefix) => string

/**
 * Creates the generator of identifiers: 48 bits of time, then 80 random bits, so that they sort by creation.
 *
 * @see https://github.com/ulid/spec
 */
export function createIds(deps: { readonly clock: Clock; readonly random: Random }): CreateId {
  return (prefix) => `${prefix}_${encodeTime(deps.clock.now())}${encodeBytes(deps.random.bytes(16))}`
}

/** Ten characters, most significant first. */
function encodeTime(ms: number): string {
  let left = ms
  let text = ''
  for (let position = 0; position < 10; position += 1) {
    text = ALPHABET.charAt(left % 32) + text
    left = Math.floor(left / 32)
  }
  return text
}

/** One character from the low five bits of each byte. */
function encodeBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => ALPHABET.charAt(byte & 31)).join('')
}
