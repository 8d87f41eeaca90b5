import { ed25519 } from '@noble/curves/ed25519.js'
import { base64url } from 'jose'
import { ReleaseError } from './release-error.ts'

/** Public Ed25519 key: 32 bytes in base64url without padding. */
export type ReleaseKey = string

/** As many as an overlap of several publishers can take. */
const MAX_KEYS = 8
/** A few lines; a longer text is not a list of keys. */
const MAX_CHARS = 16 * 1024
const KEY_BYTES = 32
const HINT =
  'One key on each line, as "npm run release -- keygen" prints it: 43 characters of base64url. Comments begin with #.'

/**
 * Reads a list of pinned keys: one on each line, `#` begins a comment.
 *
 * @param where - what the list is called in errors
 * @throws {ReleaseError} bad-keys
 */
export function decodeReleaseKeys(text: string, where: string): readonly ReleaseKey[] {
  if (text.length > MAX_CHARS) throw badKeys(`${where} has ${text.length} characters; ${MAX_CHARS} are read`)
  const keys = new Set<ReleaseKey>()
  for (const [index, line] of text.split('\n').entries()) {
    const key = line.replace(/#.*/, '').trim()
    if (key === '') continue
    if (!isReleaseKey(key)) throw badKeys(`${where}:${index + 1}: this is no public key of Ed25519`)
    keys.add(key)
  }
  if (keys.size === 0) throw badKeys(`${where} names no key`)
  if (keys.size > MAX_KEYS) throw badKeys(`${where} names ${keys.size} keys; ${MAX_KEYS} are enough`)
  return [...keys]
}

/** Whether a text is the one form of a point that a signature can be checked with. */
export function isReleaseKey(text: string): boolean {
  try {
    const bytes = base64url.decode(text)
    if (bytes.length !== KEY_BYTES || base64url.encode(bytes) !== text) return false
    // Anybody can sign for a point of small order.
    return !ed25519.Point.fromBytes(bytes).isSmallOrder()
  } catch {
    // Other characters, or no point of the curve.
    return false
  }
}

function badKeys(message: string): ReleaseError {
  return new ReleaseError('bad-keys', message, { hint: HINT })
}
