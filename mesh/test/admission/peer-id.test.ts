import { hexToBytes } from '@noble/hashes/utils.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createIdentity, verifySignature } from '../../src/admission/identity.ts'
import { isPeerId, peerIdOf, publicKeyOf } from '../../src/admission/peer-id.ts'
import { decodeBase58, encodeBase58 } from '../../src/encoding/base58.ts'

describe('PeerIds', () => {
  it('matches what @libp2p/peer-id makes of the same seeds', () => {
    // The second seed and key are the Ed25519 vector of libp2p's peer-ids.md.
    const vectors = [
      [
        '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
        '03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8',
        '12D3KooWA4Xop1JaT3MHxwYMkCepYsv4iPVopMXwCz5iHYdBfeSB',
      ],
      [
        '7e0830617c4a7de83925dfb2694556b12936c477a0e1feb2e148ec9da60fee7d',
        '1ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e',
        '12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq',
      ],
    ] as const
    for (const [seed, key, peer] of vectors) {
      expect(createIdentity(hexToBytes(seed)).peer).toBe(peer)
      expect(publicKeyOf(peer)).toEqual(hexToBytes(key))
    }
  })

  it('survives coding for every key', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (key) => {
        const peer = peerIdOf(key)
        expect(peer).toHaveLength(52)
        expect(publicKeyOf(peer)).toEqual(key)
      }),
    )
  })

  it('refuses everything that is not an Ed25519 PeerId', () => {
    const good = createIdentity(new Uint8Array(32)).peer
    const bad = [
      '',
      '1',
      good.slice(1),
      `${good}1`,
      good.replace('K', 'k'),
      'QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N',
      '0'.repeat(52),
      'z'.repeat(10_000),
    ]
    for (const text of bad) expect(isPeerId(text), text.slice(0, 60)).toBe(false)
    expect(isPeerId(good)).toBe(true)
  })

  it('matches the base58 vectors of the draft standard', () => {
    const text = (value: string) => new TextEncoder().encode(value)
    expect(encodeBase58(text('Hello World!'))).toBe('2NEpo7TZRRrLZSi2U')
    expect(encodeBase58(hexToBytes('0000287fb4cd'))).toBe('11233QC4')
    expect(decodeBase58('11233QC4', 20)).toEqual(hexToBytes('0000287fb4cd'))
    expect(encodeBase58(new Uint8Array(0))).toBe('')
  })

  it('survives base58 coding with leading zeros', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(decodeBase58(encodeBase58(bytes), 80)).toEqual(bytes)
      }),
    )
  })

  it('makes of base58 what the digits say one by one, and nothing of other characters', () => {
    const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 60 }), fc.string(), (text, other) => {
        const number = [...text].reduce((sum, char) => sum * 58n + BigInt(alphabet.indexOf(char)), 0n)
        const bytes = decodeBase58(text, 60) ?? Uint8Array.of()
        expect(bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n)).toBe(number)
        expect(encodeBase58(bytes)).toBe(text)
        const isBase58 = [...other].every((char) => alphabet.includes(char))
        expect(decodeBase58(other, 60) === undefined).toBe(!isBase58)
      }),
    )
  })
})

describe('Signatures', () => {
  it('matches the first vector of RFC 8032', () => {
    const identity = createIdentity(hexToBytes('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'))
    expect(publicKeyOf(identity.peer)).toEqual(
      hexToBytes('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'),
    )
    const signature = identity.sign(new Uint8Array(0))
    expect(signature).toEqual(
      hexToBytes(
        'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
      ),
    )
    expect(verifySignature(identity.peer, signature, new Uint8Array(0))).toBe(true)
    expect(verifySignature(identity.peer, signature, new Uint8Array(1))).toBe(false)
    expect(verifySignature(identity.peer, signature.subarray(1), new Uint8Array(0))).toBe(false)
  })

  it('answers false, and throws nothing, for keys and signatures of random bytes', () => {
    const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
    fc.assert(
      fc.property(bytes(32), bytes(64), (key, signature) => !verifySignature(peerIdOf(key), signature, key)),
      { numRuns: 30 },
    )
  })

  it('does not take a key of small order, with which a signature would hold for many messages', () => {
    const identityPoint = Uint8Array.from({ length: 32 }, (_, index) => (index === 0 ? 1 : 0))
    const signature = new Uint8Array(64)
    signature.set(identityPoint)
    expect(verifySignature(peerIdOf(identityPoint), signature, new Uint8Array(3))).toBe(false)
  })
})
