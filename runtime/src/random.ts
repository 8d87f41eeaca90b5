import { randomBytes } from 'node:crypto'

/** Randomness as the programs see it; tests seed it. */
export interface Random {
  /** @param length - bytes, 0 or more */
  bytes(length: number): Uint8Array<ArrayBuffer>
  /** An integer from 0 to `below - 1`, each as likely. @param below - 1 to 2^32 */
  integer(below: number): number
  /** A number from 0 up to, not including, 1. */
  fraction(): number
}

const UINT32 = 2 ** 32

/** Builds the three forms on a source of 32-bit integers; rejects the remainder so that no value is favored. */
function fromUint32(next: () => number, bytes: (length: number) => Uint8Array<ArrayBuffer>): Random {
  return {
    bytes,
    integer(below) {
      if (!Number.isInteger(below) || below < 1 || below > UINT32) throw new RangeError('below must be 1 to 2^32')
      const limit = UINT32 - (UINT32 % below)
      let value = next()
      while (value >= limit) value = next()
      return value % below
    },
    fraction: () => next() / UINT32,
  }
}

function secureBytes(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(randomBytes(length))
}

/** Cryptographic randomness of the machine. */
export const systemRandom: Random = fromUint32(() => randomBytes(4).readUInt32LE(0), secureBytes)

/**
 * The same numbers for the same seed: for tests and simulation, never for secrets.
 *
 * @see Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014 (SplitMix, 32-bit variant)
 */
export function createSeededRandom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x9e3779b9) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return (mixed ^ (mixed >>> 15)) >>> 0
  }
  return fromUint32(next, (length) => Uint8Array.from({ length }, () => next() & 0xff))
}
