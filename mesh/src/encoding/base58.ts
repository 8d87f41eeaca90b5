import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'

/** Digits of base58btc: no 0, O, I, l. */
const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'

/** Digits that are reckoned with at once: 58 ** 9 is still a whole number. */
const GROUP_DIGITS = 9

/** Value of each character by its code; undefined for those that are no digit. */
const VALUES: readonly (number | undefined)[] = Array.from({ length: 128 }, (_, code) => {
  const value = ALPHABET.indexOf(String.fromCharCode(code))
  return value < 0 ? undefined : value
})

/** Bytes as base58btc; each leading zero byte is a leading `1`. Quadratic, so for short identifiers only. */
export function encodeBase58(bytes: Uint8Array): string {
  const first = bytes.findIndex((byte) => byte !== 0)
  if (first < 0) return '1'.repeat(bytes.length)
  const base = 58n ** BigInt(GROUP_DIGITS)
  let text = ''
  for (let left = BigInt(`0x${bytesToHex(bytes)}`); left > 0n; left /= base) {
    text = digitsOf(Number(left % base)).padStart(left < base ? 0 : GROUP_DIGITS, '1') + text
  }
  return '1'.repeat(first) + text
}

/** The bytes of a base58btc text of at most `maxChars`, or undefined when it is longer or has other characters. */
export function decodeBase58(text: string, maxChars: number): Uint8Array | undefined {
  if (text.length > maxChars) return undefined
  let number = 0n
  for (let at = 0; at < text.length; at += GROUP_DIGITS) {
    const chars = text.slice(at, at + GROUP_DIGITS)
    const group = numberOf(chars)
    if (group === undefined) return undefined
    number = number * 58n ** BigInt(chars.length) + BigInt(group)
  }
  const hex = number === 0n ? '' : number.toString(16)
  const bytes = hexToBytes(hex.length % 2 === 0 ? hex : `0${hex}`)
  const zeros = text.length - text.replace(/^1+/, '').length
  const result = new Uint8Array(zeros + bytes.length)
  result.set(bytes, zeros)
  return result
}

function numberOf(chars: string): number | undefined {
  let sum = 0
  for (let at = 0; at < chars.length; at++) {
    const value = VALUES[chars.charCodeAt(at)]
    if (value === undefined) return undefined
    sum = sum * 58 + value
  }
  return sum
}

function digitsOf(value: number): string {
  let text = ''
  for (let left = value; left > 0; left = Math.floor(left / 58)) text = ALPHABET.charAt(left % 58) + text
  return text
}
