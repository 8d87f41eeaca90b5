import { hexToBytes } from '@noble/hashes/utils.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareBytes, decodeCanonical, encodeCanonical } from '../../src/encoding/cbor.ts'
import { bytes, field, flag, listOf, oneOf, optional, struct, text, uint } from '../../src/encoding/codec.ts'
import { MeshError } from '../../src/fault.ts'

const LIMIT = 1024
const codeOf = (run: () => unknown): string => {
  try {
    run()
    return 'none'
  } catch (error) {
    return error instanceof MeshError ? error.code : String(error)
  }
}
const read = (hex: string) => codeOf(() => decodeCanonical(hexToBytes(hex), LIMIT))

describe('Canonical CBOR', () => {
  it('writes the examples of RFC 8949, appendix A', () => {
    const examples: [unknown, string][] = [
      [0, '00'],
      [24, '1818'],
      [1_000_000_000_000, '1b000000e8d4a51000'],
      ['IETF', '6449455446'],
      [Uint8Array.of(1, 2, 3, 4), '4401020304'],
      [[1, [2, 3]], '8201820203'],
      [
        new Map([
          [1, 2],
          [3, 4],
        ]),
        'a201020304',
      ],
      [true, 'f5'],
    ]
    for (const [value, hex] of examples) expect(encodeCanonical(value), hex).toEqual(hexToBytes(hex))
  })

  it('refuses every other form of a value', () => {
    const forms = {
      'long form of a short number': '1800',
      'longer form of a length': '780161',
      'indefinite list': '9f01ff',
      'indefinite map': 'bf0102ff',
      'indefinite text': '7f6161ff',
      'duplicate key': 'a201020103',
      'unsorted keys': 'a203040102',
      'bytes after the value': '0000',
      'cut short': '8201',
      'invalid UTF-8': '61ff',
      tag: 'c000',
      undefined: 'f7',
      'not a number': 'f97e00',
      infinity: 'f97c00',
      'number in a longer float': 'fb3ff0000000000000',
      'number above 2^53': '1bffffffffffffffff',
      nothing: '',
      reserved: '1c',
      'list of 2^32 entries': '9affffffff',
      'text of 2^63 bytes': '7b7fffffffffffffff',
    }
    for (const [name, hex] of Object.entries(forms)) expect(read(hex), name).toBe('malformed')
  })

  it('looks at the size first, and survives nesting as deep as a message is long', () => {
    expect(codeOf(() => decodeCanonical(new Uint8Array(LIMIT + 1), LIMIT))).toBe('too-large')
    const deep = new Uint8Array(1024 * 1024).fill(0x81)
    expect(codeOf(() => decodeCanonical(deep, deep.length))).toBe('malformed')
  })

  it('reads back what it wrote, and never throws anything but its own error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (input) => {
        let value: unknown
        try {
          value = decodeCanonical(input, LIMIT)
        } catch (error) {
          expect(error).toBeInstanceOf(MeshError)
          return
        }
        expect(encodeCanonical(value)).toEqual(input)
      }),
      { numRuns: 2000 },
    )
  })

  it('orders bytes totally', () => {
    const some = fc.uint8Array({ maxLength: 4, max: 2 })
    fc.assert(
      fc.property(some, some, some, (a, b, c) => {
        expect(Math.sign(compareBytes(a, b))).toBe(-Math.sign(compareBytes(b, a)) + 0)
        if (compareBytes(a, b) <= 0 && compareBytes(b, c) <= 0) expect(compareBytes(a, c)).toBeLessThanOrEqual(0)
        expect(compareBytes(a, b) === 0).toBe(a.join() === b.join())
      }),
    )
  })
})

describe('Codecs', () => {
  const shape = struct({
    name: field(0, text(4)),
    count: field(1, uint(10)),
    state: field(2, oneOf(['off', 'on'])),
    parts: optional(3, listOf(bytes(1, 2), 2)),
    isReady: optional(4, flag),
  })
  const good = { name: 'ab', count: 3, state: 'on' } as const

  it('read back what they wrote, with and without optional fields', () => {
    for (const value of [good, { ...good, parts: [Uint8Array.of(1)], isReady: false }]) {
      expect(shape.decode(decodeCanonical(encodeCanonical(shape.encode(value)), LIMIT))).toEqual(value)
    }
  })

  it('ignore fields that they do not know', () => {
    const map = new Map<number, unknown>([
      [0, 'ab'],
      [1, 3],
      [2, 1],
      [99, 'later'],
    ])
    expect(shape.decode(map)).toEqual(good)
  })

  it('refuse values outside their bounds, on both ways', () => {
    const wrong: [number, unknown][] = [
      [0, 'abcde'],
      [0, 'ééé'],
      [0, 'a\n'],
      [0, 'a\u202eb'],
      [0, 7],
      [1, 11],
      [1, -1],
      [1, 1.5],
      [1, '1'],
      [2, 2],
      [2, 'on'],
      [2, -1],
      [3, [new Uint8Array(0)]],
      [3, [new Uint8Array(3)]],
      [3, [1, 2, 3]],
      [3, 'x'],
      [4, 1],
    ]
    for (const [key, value] of wrong) {
      const map = new Map<number, unknown>([
        [0, 'ab'],
        [1, 3],
        [2, 1],
      ]).set(key, value)
      expect(
        codeOf(() => shape.decode(map)),
        `${key}: ${String(value)}`,
      ).toBe('malformed')
    }
    for (const value of [[], null, 'x', 3, undefined, new Map(), {}])
      expect(codeOf(() => shape.decode(value))).toBe('malformed')
    expect(codeOf(() => shape.encode({ ...good, count: 11 }))).toBe('malformed')
    expect(codeOf(() => shape.encode({ ...good, parts: [1, 2, 3].map(() => Uint8Array.of(1)) }))).toBe('malformed')
  })
})
