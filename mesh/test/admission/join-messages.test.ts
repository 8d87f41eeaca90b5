import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  createJoinRequest,
  decodeJoinAnswer,
  decodeJoinRequest,
  encodeJoinAnswer,
  encodeJoinRequest,
  openJoinAnswer,
} from '../../src/admission/join.ts'
import { encodeCanonical } from '../../src/encoding/cbor.ts'
import { MeshError } from '../../src/fault.ts'
import { agentA, agentB, CLUSTER, causeOfRejection, START } from './cluster.ts'

import { first, newToken, nonce, openBench, second, trust } from './join-bench.ts'

describe('The messages of joining', () => {
  it('speak of versions first, so that a request of another version is refused by name', () => {
    const request = createJoinRequest(
      { cluster: CLUSTER, issuer: agentA.peer, kind: 'join', right: 'x'.repeat(43), nonce },
      first,
    )
    const newer = { ...request, versions: { min: 2, max: 3 } }
    expect(() => decodeJoinRequest(encodeJoinRequest(newer))).toThrow(
      expect.objectContaining({ code: 'version-mismatch' }),
    )
    const both = { ...request, versions: { min: 1, max: 3 } }
    expect(decodeJoinRequest(encodeJoinRequest(both))).toEqual(both)
    expect(() =>
      decodeJoinRequest(
        encodeCanonical(
          new Map([
            [
              0,
              new Map([
                [0, 7],
                [1, 7],
              ]),
            ],
          ]),
        ),
      ),
    ).toThrow(/versions 7 to 7/)
  })

  it('are never read as anything else, whatever the bytes', () => {
    const request = encodeJoinRequest(
      createJoinRequest({ cluster: CLUSTER, issuer: agentA.peer, kind: 'join', right: 'x'.repeat(43), nonce }, first),
    )
    const answer = encodeJoinAnswer({ outcome: 'refused', cause: 'token-used', retryAfterMs: 5 })
    const mutated = (base: Uint8Array) =>
      fc
        .tuple(fc.nat(base.length - 1), fc.nat(255))
        .map(([at, value]) => Uint8Array.from(base, (byte, index) => (index === at ? value : byte)))
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), mutated(request), mutated(answer)), (bytes) => {
        for (const decode of [decodeJoinRequest, decodeJoinAnswer]) {
          try {
            decode(bytes)
          } catch (error) {
            expect(error).toBeInstanceOf(MeshError)
          }
        }
      }),
      { numRuns: 500 },
    )
    expect(() => decodeJoinRequest(new Uint8Array(5000))).toThrow(expect.objectContaining({ code: 'too-large' }))
  })

  it('let a joiner take no answer but its own', async () => {
    const bench = await openBench()
    const answer = await bench.ask(await newToken(bench))
    const asked = { trust, peer: first.peer, nonce, now: START }
    expect(await causeOfRejection(openJoinAnswer(answer, { ...asked, nonce: new Uint8Array(16) }))).toBe('bad-proof')
    expect(await causeOfRejection(openJoinAnswer(answer, { ...asked, peer: second.peer }))).toBe(
      'certificate-other-peer',
    )
    expect(
      await causeOfRejection(openJoinAnswer(answer, { ...asked, trust: { ...trust, coordinator: agentB.peer } })),
    ).toBe('definition-forged')
    expect(await causeOfRejection(openJoinAnswer({ outcome: 'refused', cause: 'token-used' }, asked))).toBe(
      'token-used',
    )
  })
})
