import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeCanonical } from '../../src/encoding/cbor.ts'
import { MeshError } from '../../src/fault.ts'
import { type ControlMessage, decodeControl, encodeControl } from '../../src/libp2p/control-messages.ts'

const MESSAGES: readonly ControlMessage[] = [
  { type: 'start', process: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) },
  { type: 'greet', cluster: 'clu_1', definitionVersion: 7, certificate: 'a.b.c' },
  { type: 'greet', cluster: 'clu_1', definitionVersion: 7 },
  { type: 'welcome', cluster: 'clu_1' },
  { type: 'refused', cluster: 'clu_1' },
  { type: 'unknown', cluster: 'clu_1' },
  { type: 'leave', cluster: 'clu_1' },
  { type: 'ping', number: 1 },
  { type: 'pong', number: 1 },
  { type: 'bye' },
]

describe('control frames', () => {
  test.each(MESSAGES)('are read as they were written: $type', (message) => {
    expect(decodeControl(encodeControl(message))).toEqual(message)
  })

  test('of a ping are small, as each connection sends them all its life', () => {
    expect(encodeControl({ type: 'ping', number: 1_000 }).length).toBeLessThanOrEqual(8)
  })

  test.each([
    ['of an unknown type', [99, new Map()]],
    ['with a cluster that is too long', [2, new Map([[0, 'x'.repeat(65)]])]],
    ['without a body', [1]],
    ['that are no array', new Map()],
    ['with a short process', [0, new Map([[0, Uint8Array.of(1)]])]],
  ])('%s are refused', (_, value) => {
    expect(() => decodeControl(encodeCanonical(value))).toThrow(MeshError)
  })

  test('of random bytes are refused and break nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        try {
          decodeControl(noise)
        } catch (error) {
          expect(error).toBeInstanceOf(MeshError)
        }
      }),
    )
  })
})
