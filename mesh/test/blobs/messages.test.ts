import {
  type BlobAnswer,
  type BlobRequest,
  decodeBlobAnswer,
  decodeBlobRequest,
  encodeBlobAnswer,
  encodeBlobRequest,
} from '@muster/mesh/blobs/messages.ts'
import { encodeCanonical } from '@muster/mesh/encoding/cbor.ts'
import { MeshError } from '@muster/mesh/fault.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { peerNamed } from './blob-cloud.ts'

const id = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex'))
const peers = fc.array(fc.nat(50).map(peerNamed), { maxLength: 8 })

const request: fc.Arbitrary<BlobRequest> = fc.oneof(
  fc.record({ type: fc.constant('have' as const), id }),
  fc.record({ type: fc.constant('get' as const), id, offset: fc.maxSafeNat(), isDuty: fc.boolean(), tried: peers }),
)

const answer: fc.Arbitrary<BlobAnswer> = fc.oneof(
  fc.record({ type: fc.constant('found' as const), size: fc.maxSafeNat() }),
  fc.record({ type: fc.constant('missing' as const) }),
  fc.record({
    type: fc.constant('later' as const),
    reason: fc.constantFrom('busy' as const, 'fetching' as const, 'elsewhere' as const),
    retryAfterMs: fc.nat(60_000),
    peers,
  }),
)

test('every message comes back as it was', () => {
  fc.assert(
    fc.property(request, answer, (asked, answered) => {
      expect(decodeBlobRequest(encodeBlobRequest(asked))).toEqual(asked)
      expect(decodeBlobAnswer(encodeBlobAnswer(answered))).toEqual(answered)
    }),
  )
})

test('whatever bytes come, they are read or refused with a typed error', () => {
  const read = (bytes: Uint8Array) => {
    for (const decode of [decodeBlobRequest, decodeBlobAnswer]) {
      try {
        decode(bytes)
      } catch (error) {
        expect(error).toBeInstanceOf(MeshError)
      }
    }
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), read))
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => read(encodeCanonical([1, 1, value]))))
})

test.each([
  ['another version', encodeCanonical([2, 0, new Map()]), 'version-mismatch'],
  ['an unknown type', encodeCanonical([1, 9, new Map()]), 'version-mismatch'],
  ['too many bytes', new Uint8Array(5_000), 'too-large'],
  ['too many peers', tooManyPeers(), 'malformed'],
])('%s is refused', (_name, bytes, code) => {
  expect(() => decodeBlobRequest(bytes)).toThrow(expect.objectContaining({ code }))
})

function tooManyPeers(): Uint8Array {
  const keys = Array.from({ length: 9 }, () => new Uint8Array(32))
  const body = new Map<number, unknown>([
    [0, new Uint8Array(32)],
    [1, 0],
    [2, false],
    [3, keys],
  ])
  return encodeCanonical([1, 1, body])
}
