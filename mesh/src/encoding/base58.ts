/** Digits of base58btc: no 0, O, I, l. */
const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'

/** Bytes as base58btc; each leading zero byte is a leading `1`. Quadratic, so for short identifiers only. */
export function encodeBase58(bytes: Uint8Array): string {
  const digits = convert(bytes, 256, 58)
  return '1'.repeat(leading(bytes, 0)) + digits.map((digit) => ALPHABET.charAt(digit)).join('')
}

/** The bytes of a base58btc text of at most `maxChars`, or undefined when it is longer or has other characters. */
export function decodeBase58(text: string, maxChars: number): Uint8Array | undefined {
  if (text.length > maxChars) return undefined
  const digits = [...text].map((char) => ALPHABET.indexOf(char))
  if (digits.includes(-1)) return undefined
  const zeros = leading(digits, 0)
  const bytes = convert(digits, 58, 256)
  const result = new Uint8Array(zeros + bytes.length)
  result.set(bytes, zeros)
  return result
}

/** The number whose digits are given, most significant first, in another base and without leading zeros. */
function convert(digits: ArrayLike<number>, from: number, to: number): number[] {
  const result: number[] = []
  for (const digit of Array.from(digits)) {
    let carry = digit
    for (let place = 0; place < result.length; place++) {
      carry += (result[place] ?? 0) * from
      result[place] = carry % to
      carry = Math.floor(carry / to)
    }
    for (; carry > 0; carry = Math.floor(carry / to)) result.push(carry % to)
  }
  return result.reverse()
}

function leading(digits: ArrayLike<number>, digit: number): number {
  const other = Array.from(digits).findIndex((each) => each !== digit)
  return other < 0 ? digits.length : other
}
