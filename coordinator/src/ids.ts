import type { Clock } from '@muster/runtime/clock.ts'
import type { Random } from '@muster/runtime/random.ts'

/** Crockford's base 32 in lower case: no i, l, o, u. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/** 80 bits, five in each. */
const RANDOM_DIGITS = 16

/** Prefixes of the identifiers that the coordinator gives. */
export type IdPrefix = 'acc' | 'ses' | 'tok' | 'ctx' | 'pair' | 'clm' | 'mch' | 'clu' | 'req'

/** Gives a new identifier of a kind, such as `ctx_01j…`. */
export type CreateId = (prefix: IdPrefix) => string

/**
 * Creates the generator of identifiers: 48 bits of time, then 80 random bits. Those of one process sort in the order in
 * which they were made: within one millisecond, or when the clock goes back, the last one is counted up.
 *
 * @see https://github.com/ulid/spec
 */
export function createIds(deps: { readonly clock: Clock; readonly random: Random }): CreateId {
  let lastMs = -1
  let digits: number[] = []
  return (prefix) => {
    const now = deps.clock.now()
    if (now > lastMs) {
      lastMs = now
      digits = Array.from(deps.random.bytes(RANDOM_DIGITS), (byte) => byte & 31)
    } else digits = countUp(digits)
    return `${prefix}_${encodeTime(lastMs)}${digits.map((digit) => ALPHABET.charAt(digit)).join('')}`
  }
}

/** Digits of base 32, most significant first, plus one; wraps around, which takes 2^80 ids in a millisecond. */
function countUp(digits: readonly number[]): number[] {
  const next = [...digits]
  for (let index = next.length - 1; index >= 0; index -= 1) {
    next[index] = ((next[index] ?? 0) + 1) % 32
    if (next[index] !== 0) break
  }
  return next
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
