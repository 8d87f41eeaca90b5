import { sha512 } from '@noble/hashes/sha2.js'
import type { RandomBytes } from '../../src/pairing/ports.ts'

/** The same bytes for the same seed, as many as are asked for: for tests only. */
export function createSeededBytes(seed: number): RandomBytes {
  let block = 0
  return {
    bytes(length) {
      const bytes = new Uint8Array(length)
      for (let at = 0; at < length; at += 64) {
        bytes.set(sha512(Uint8Array.from(new TextEncoder().encode(`${seed}/${block++}`))).subarray(0, length - at), at)
      }
      return bytes
    },
  }
}
