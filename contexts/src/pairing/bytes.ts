import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { PairingError } from '../fault.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
/** Bits of the last character that carry nothing, by length modulo 4; a remainder of 1 is impossible. */
const SPARE_BITS = [0, undefined, 0b1111, 0b11] as const
const BASE64URL = /^[A-Za-z0-9_-]*$/
/** Bytes for each call of `String.fromCharCode`, below every engine's limit of arguments. */
const CHUNK = 0x8000

/** The bytes after their length as LEB128 (`prepend_len` of draft-irtf-cfrg-cpace). */
export function prependLength(bytes: Uint8Array): Uint8Array {
  const prefix: number[] = []
  let rest = bytes.length
  do {
    const low = rest & 0x7f
    rest >>>= 7
    prefix.push(rest > 0 ? low | 0x80 : low)
  } while (rest > 0)
  return concatBytes(Uint8Array.from(prefix), bytes)
}

/** Concatenation of length-prefixed parts (`lv_cat` of the draft): no two lists of parts give the same bytes. */
export function lvCat(...parts: readonly (Uint8Array | string)[]): Uint8Array {
  return concatBytes(...parts.map((part) => prependLength(typeof part === 'string' ? utf8ToBytes(part) : part)))
}

/** Base64url without padding (RFC 4648 section 5). */
export function encodeBase64url(bytes: Uint8Array): string {
  let binary = ''
  for (let at = 0; at < bytes.length; at += CHUNK) {
    binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK))
  }
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/**
 * Reads base64url without padding, in its one canonical spelling: two spellings of the same bytes would let a relay
 * change a message without changing what it says.
 *
 * @throws {PairingError} protocol - another character, an impossible length, or bits beyond the last byte
 */
export function decodeBase64url(text: string): Uint8Array {
  const spare = SPARE_BITS[text.length % 4]
  const last = ALPHABET.indexOf(text.at(-1) ?? 'A')
  if (!BASE64URL.test(text) || spare === undefined || (last & spare) !== 0) {
    throw new PairingError('protocol', 'A pairing message is not base64url text')
  }
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, (char) => char.charCodeAt(0))
}
