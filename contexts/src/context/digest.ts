import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'

/** SHA-256 of a text in UTF-8, as 64 lower-case hex digits: the identity of a context or script. */
export function digestText(text: string): string {
  return bytesToHex(sha256(new TextEncoder().encode(text)))
}
