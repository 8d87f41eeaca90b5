import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { describe, expect, test } from 'vitest'
import {
  calculateGenerator,
  generatorString,
  publicShare,
  sampleScalar,
  scalarFromBytes,
  sessionKey,
  sharedPoint,
  transcript,
} from '../../src/pairing/cpace.ts'

/* Numbers of draft-irtf-cfrg-cpace, appendix B.3 (ristretto255, SHA-512): of revision 21, and of one before it. */
const PRS = utf8ToBytes('Password')
const SID = hexToBytes('7e4b4791d6a8ef019b936c79fb7f2c57')
const SCALAR_A = 'da3d23700a9e5699258aef94dc060dfda5ebb61f02a5ea77fad53f4ff0976d08'
const SCALAR_B = 'd2316b454718c35362d83d69df6320f38578ed5984651435e2949762d900b80d'
const VECTORS = [
  {
    name: 'draft 21',
    ci: '0b415f696e69746961746f720b425f726573706f6e646572',
    generator: '222b6b195fe84b1652badb6f6a3ae3d24341e7306967f0b8115b40d5698c7e56',
    shareA: 'd6bac480f2c386c394efc7c47adb9925dcd2630b64f240c50f8d0eec482b9157',
    shareB: '3ea7e0b19560d7c0b0f5734f63b955286dfa8232b5ebe63324e2d9e7433f7258',
    k: '80b69a8a76457ab6a4d7f887a4bf6b55a2f80ac19c333f917a05fc9887c8b40f',
    isk: 'b69effbf61b51d56401c0f65601abe428de8206feaaf0e32198896dcae7b35cd2b38950a39dfd5d4a79164614c2984f7daa460b588c1e80c3fa2068af7900447',
  },
  {
    name: 'draft 13 to 17',
    ci: '6f630b425f726573706f6e6465720b415f696e69746961746f72',
    generator: 'a6fc82c3b8968fbb2e06fee81ca858586dea50d248f0c7ca6a18b0902a30b36b',
    shareA: 'd40fb265a7abeaee7939d91a585fe59f7053f982c296ec413c624c669308f87a',
    shareB: '08bcf6e9777a9c313a3db6daa510f2d398403319c2341bd506a92e672eb7e307',
    k: 'e22b1ef7788f661478f3cddd4c600774fc0f41e6b711569190ff88fa0e607e09',
    isk: '4c5469a16b2364c4b944ebc1a79e51d1674ad47db26e8718154f59faebfaa52d8346f30aa58377117eb20d527f2cbc5c76381f7fd372e89df8239f87f2e02ed1',
  },
] as const

describe.each(VECTORS)('CPace with the vectors of $name', (vector) => {
  const inputs = { prs: PRS, ci: hexToBytes(vector.ci), sid: SID }
  const messageA = { share: hexToBytes(vector.shareA), associatedData: utf8ToBytes('ADa') }
  const messageB = { share: hexToBytes(vector.shareB), associatedData: utf8ToBytes('ADb') }
  const [ya, yb] = [scalarFromBytes(hexToBytes(SCALAR_A)), scalarFromBytes(hexToBytes(SCALAR_B))]

  test('derives the generator', () => {
    expect(bytesToHex(calculateGenerator(inputs))).toBe(vector.generator)
  })

  test('derives the public shares of both sides', () => {
    expect(bytesToHex(publicShare(inputs, ya))).toBe(vector.shareA)
    expect(bytesToHex(publicShare(inputs, yb))).toBe(vector.shareB)
  })

  test('reaches the same secret point on both sides', () => {
    expect(bytesToHex(sharedPoint(ya, messageB.share))).toBe(vector.k)
    expect(bytesToHex(sharedPoint(yb, messageA.share))).toBe(vector.k)
  })

  test('derives the session key of the initiator-responder mode', () => {
    expect(bytesToHex(sessionKey(SID, hexToBytes(vector.k), messageA, messageB))).toBe(vector.isk)
  })
})

test('the generator string fills the first hash block whatever the length of the password', () => {
  const ci = hexToBytes('6f630b425f726573706f6e6465720b415f696e69746961746f72')
  const string = generatorString({ prs: PRS, ci, sid: SID })
  expect(bytesToHex(string)).toBe(
    `11435061636552697374726574746f3235350850617373776f726464${'00'.repeat(100)}1a6f630b425f726573706f6e6465720b415f696e69746961746f72107e4b4791d6a8ef019b936c79fb7f2c57`,
  )
  expect(generatorString({ prs: utf8ToBytes('x'), ci, sid: SID })).toHaveLength(string.length)
})

test('the transcript is ordered and length-prefixed', () => {
  const a = { share: hexToBytes(VECTORS[1].shareA), associatedData: utf8ToBytes('ADa') }
  const b = { share: hexToBytes(VECTORS[1].shareB), associatedData: utf8ToBytes('ADb') }
  expect(bytesToHex(transcript(a, b))).toBe(`20${VECTORS[1].shareA}0341446120${VECTORS[1].shareB}03414462`)
})

describe('a share from the other side', () => {
  const scalar = scalarFromBytes(hexToBytes('7cd0e075fa7955ba52c02759a6c90dbbfc10e6d40aea8d283e407d88cf538a05'))

  test('is multiplied when it is a group element', () => {
    const share = hexToBytes('2c3c6b8c4f3800e7aef6864025b4ed79bd599117e427c41bd47d93d654b4a51c')
    const product = '7c13645fe790a468f62c39beb7388e541d8405d1ade69d1778c5fe3e7f6b600e'
    expect(bytesToHex(sharedPoint(scalar, share))).toBe(product)
  })

  test.each([
    ['an encoding of no group element', '2b3c6b8c4f3800e7aef6864025b4ed79bd599117e427c41bd47d93d654b4a51c'],
    ['the neutral element', '00'.repeat(32)],
    ['a byte too few', '00'.repeat(31)],
    ['a non-canonical field element', 'ff'.repeat(32)],
    ['nothing', ''],
  ])('aborts the protocol when it is %s', (_, share) => {
    expect(() => sharedPoint(scalar, hexToBytes(share))).toThrowError(expect.objectContaining({ code: 'protocol' }))
  })
})

test('a scalar is drawn again when the first draw is zero', () => {
  const draws = [new Uint8Array(32), new Uint8Array(32).fill(1)]
  const scalar = sampleScalar({ bytes: () => draws.shift() ?? new Uint8Array(32).fill(2) })
  expect(scalar).toBe(scalarFromBytes(new Uint8Array(32).fill(1)))
})
