import { hexToBytes } from '@noble/hashes/utils.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createIdentity, verifySignature } from '../../src/admission/identity.ts'
import { createNativeVerifier } from '../../src/admission/native-signature.ts'
import { peerIdOf } from '../../src/admission/peer-id.ts'
import { identityOf } from './cluster.ts'

describe('The native verifier', () => {
  it('answers like the portable one, for true, altered and foreign signatures', () => {
    const verify = createNativeVerifier(2)
    const input = fc.tuple(fc.nat(4), fc.nat(4), fc.uint8Array({ maxLength: 100 }), fc.nat(63), fc.nat(1))
    fc.assert(
      fc.property(input, ([signer, claimed, message, at, flip]) => {
        const signature = identityOf(signer).sign(message)
        signature[at] = (signature[at] ?? 0) ^ flip
        const { peer } = identityOf(claimed)
        const isValid = verify(peer, signature, message)
        expect(isValid).toBe(signer === claimed && flip === 0)
        expect(verifySignature(peer, signature, message)).toBe(isValid)
      }),
      { numRuns: 60 },
    )
  })

  it('takes no key of small order, no key off the curve, no text that is no PeerId, and no signature of another length', () => {
    const verify = createNativeVerifier()
    const smallOrder = [
      '0100000000000000000000000000000000000000000000000000000000000000',
      'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
      '0000000000000000000000000000000000000000000000000000000000000000',
      '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    ]
    const offCurve = '0200000000000000000000000000000000000000000000000000000000000000'
    const signature = new Uint8Array(64)
    signature[0] = 1
    for (const hex of [...smallOrder, offCurve]) {
      const peer = peerIdOf(hexToBytes(hex))
      expect(verify(peer, signature, new Uint8Array(1)), hex).toBe(false)
      expect(verifySignature(peer, signature, new Uint8Array(1)), hex).toBe(false)
    }
    expect(verify('nobody', signature, new Uint8Array(1))).toBe(false)
    const identity = createIdentity(new Uint8Array(32))
    expect(verify(identity.peer, identity.sign(signature).subarray(1), signature)).toBe(false)
  })
})
