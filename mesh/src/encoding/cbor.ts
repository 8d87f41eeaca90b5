import { decode, encode, rfc8949EncodeOptions } from 'cborg'
import { MeshError } from '../fault.ts'

/** One value in the one form that RFC 8949, 4.2.1 allows it, so that equal values are equal bytes. */
export function encodeCanonical(value: unknown): Uint8Array {
  return encode(value, rfc8949EncodeOptions)
}

/**
 * Reads one value; the size is looked at before anything else. Maps become `Map`, so no key can reach a prototype.
 * Whatever a careful sender would not write is refused: indefinite lengths, duplicate or unsorted keys, tags, long forms
 * of short numbers, text that is not UTF-8, bytes after the value.
 *
 * @throws {MeshError} too-large - more than `maxBytes`
 * @throws {MeshError} malformed - not CBOR in its canonical form
 */
export function decodeCanonical(bytes: Uint8Array, maxBytes: number): unknown {
  if (bytes.length > maxBytes) {
    throw new MeshError('too-large', `A message of ${bytes.length} bytes; at most ${maxBytes} are read`)
  }
  const value = decodeStrictly(bytes)
  if (!equalBytes(encodeCanonical(value), bytes)) {
    throw new MeshError('malformed', 'A message is not in canonical form')
  }
  return value
}

/** Whether both hold the same bytes; not in constant time, so not for secrets. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && compareBytes(a, b) === 0
}

/** Order by bytes, a shorter one before what it begins: negative, zero or positive as for `Array.sort`. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length)
  for (let index = 0; index < shared; index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

function decodeStrictly(bytes: Uint8Array): unknown {
  try {
    return decode(bytes, {
      strict: true,
      useMaps: true,
      rejectDuplicateMapKeys: true,
      allowIndefinite: false,
      allowUndefined: false,
      allowInfinity: false,
      allowNaN: false,
      allowBigInt: false,
    })
  } catch (cause) {
    // Nesting that exhausts the stack ends here too: the library recurses, and its RangeError is a refusal like others.
    throw new MeshError('malformed', 'A message is not valid CBOR', { cause })
  }
}
