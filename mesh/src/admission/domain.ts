import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'

const LENGTH_BYTES = 4

/**
 * What is really signed: the purpose and each part with its length before it, so that a signature for one purpose, one
 * cluster or one split into parts never holds for another.
 *
 * @param purpose - for example `muster-record-1`; another one for each kind and version of message
 */
export function signedBytes(purpose: string, ...parts: readonly (string | Uint8Array)[]): Uint8Array {
  return concatBytes(...[purpose, ...parts].flatMap(withLength))
}

function withLength(part: string | Uint8Array): [Uint8Array, Uint8Array] {
  const data = typeof part === 'string' ? utf8ToBytes(part) : part
  const length = new Uint8Array(LENGTH_BYTES)
  new DataView(length.buffer).setUint32(0, data.length)
  return [length, data]
}
