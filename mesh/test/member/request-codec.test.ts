import { describe, expect, test } from 'vitest'
import { encodeCanonical } from '../../src/encoding/cbor.ts'
import { MAX_EXCHANGED_PEERS, type MeshAnswer, type MeshRequest } from '../../src/member/messages.ts'
import {
  decodeAnswer,
  decodeRequest,
  encodeAnswer,
  encodeRequest,
  MAX_ADDRESS_BYTES,
  MAX_MEMBER_BYTES,
} from '../../src/member/request-codec.ts'
import { MAX_ADDRESSES } from '../../src/redial/state.ts'
import { identityOf } from '../admission/cluster.ts'

const PEER = identityOf(5).peer
const REQUESTS: readonly MeshRequest[] = [
  { type: 'probe', suspected: undefined },
  { type: 'probe', suspected: { bootId: 12, sequence: 3 } },
  { type: 'probe-through', peer: PEER },
  { type: 'peers' },
]
const ANSWERS: readonly MeshAnswer[] = [
  { type: 'here' },
  { type: 'reach', isReachable: true },
  { type: 'peers', peers: [{ peer: PEER, addresses: ['/ip4/10.0.0.7/tcp/4000'] }] },
  { type: 'peers', peers: [] },
]

describe('requests and answers', () => {
  test.each(REQUESTS)('a request is read as it was written: $type', (request) => {
    expect(decodeRequest(encodeRequest(request))).toEqual(request)
  })

  test.each(ANSWERS)('an answer is read as it was written: $type', (answer) => {
    expect(decodeAnswer(encodeAnswer(answer))).toEqual(answer)
  })

  test('the largest answer is within the limit of the protocol', () => {
    const addresses = Array.from({ length: MAX_ADDRESSES }, () => '/'.repeat(MAX_ADDRESS_BYTES))
    const peers = Array.from({ length: MAX_EXCHANGED_PEERS }, () => ({ peer: PEER, addresses }))
    expect(encodeAnswer({ type: 'peers', peers }).length).toBeLessThanOrEqual(MAX_MEMBER_BYTES)
  })

  test.each([
    ['another version', [2, 0, new Map()]],
    ['an unknown type', [1, 9, new Map()]],
    ['no array', 'x'],
    ['a body of another kind', [1, 1, 7]],
  ])('%s is refused', (_, value) => {
    expect(() => decodeRequest(encodeCanonical(value))).toThrow()
    expect(() => decodeAnswer(encodeCanonical(value))).toThrow()
  })

  test('more peers than may be exchanged are refused', () => {
    const peers = Array.from({ length: MAX_EXCHANGED_PEERS + 1 }, () => ({ peer: PEER, addresses: [] }))
    expect(() => encodeAnswer({ type: 'peers', peers })).toThrow()
  })
})
