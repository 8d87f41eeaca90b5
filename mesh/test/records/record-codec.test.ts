import { bytesToHex } from '@noble/hashes/utils.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verifySignature } from '../../src/admission/identity.ts'
import { causeOf } from '../../src/admission/refusals.ts'
import { decodeCanonical, encodeCanonical } from '../../src/encoding/cbor.ts'
import { MeshError } from '../../src/fault.ts'
import { MAX_RECORD_BYTES, type MeshRecord } from '../../src/records/record.ts'
import { isKind, readRecord, signRecord } from '../../src/records/record-codec.ts'
import { CLUSTER, START } from '../admission/cluster.ts'
import { fixed, recordOf, sign, WORKER, worker } from './records.ts'

const causeOfReading = (bytes: Uint8Array): string => {
  try {
    readRecord(bytes)
    return 'none'
  } catch (error) {
    return error instanceof MeshError ? causeOf(error) : String(error)
  }
}
/** The parts of an encoded record, changed and encoded again. */
const rebuild = (bytes: Uint8Array, change: (outer: unknown[], body: Map<number, unknown>) => void) => {
  const outer = decodeCanonical(bytes, MAX_RECORD_BYTES) as unknown[]
  const body = decodeCanonical(outer[1] as Uint8Array, MAX_RECORD_BYTES) as Map<number, unknown>
  const before = encodeCanonical(body)
  change(outer, body)
  const after = encodeCanonical(body)
  if (bytesToHex(before) !== bytesToHex(after)) outer[1] = after
  return encodeCanonical(outer)
}
const EVERY_KIND: readonly Pick<MeshRecord, 'kind' | 'subject' | 'payload'>[] = [
  { kind: 'presence', subject: '', payload: { cloud: '', state: 'ready', addresses: ['/ip4/10.0.0.1/tcp/4001'] } },
  { kind: 'service', subject: 'proxy', payload: recordOf().payload },
  { kind: 'worker', subject: '', payload: { ...WORKER, expectedEndAt: START, wantsReplacement: true } },
  {
    kind: 'cloud',
    subject: 'a',
    payload: {
      phase: 'open',
      flavors: [{ flavor: 'm2.medium', state: 'backoff' }],
      booting: 1,
      live: 2,
      draining: 0,
      uncertain: 0,
    },
  },
  {
    kind: 'demand',
    subject: 'worker',
    payload: { classes: [{ name: 'long', idle: 5 }], running: 1, freeSlots: 0, oldestIdleMs: 9 },
  },
  { kind: 'suspicion', subject: fixed.peer, payload: { reason: 'closed', bootId: START, sequence: 4 } },
  { kind: 'departure', subject: '', payload: { reason: 'drained' } },
]

describe('The encoding of a record', () => {
  it('is this, byte for byte, so that programs of all versions understand each other', () => {
    expect(bytesToHex(sign(recordOf()).bytes)).toMatchInlineSnapshot(
      `"83015871a800582081f78f3673e4b04e9e016ac445c89345c08262f8deb77fb29ac3c8f9d47fdb30011b000001a3185c4c1802010301046570726f7879051b000001a3185c5000061a00015f9007a5006161016831302e302e302e370281a200646874747001190c380301041b000001a3185c3c7858401281081ee97e1de9d7b4bc495e5ddf1de69a35a53ab4ac13567e49a503f85b76888275b29e89b0d5240fe83a1d25d8144f323e530867041761efc136c5e7fd0d"`,
    )
  })

  it('brings back a record of every kind, signed by its owner', () => {
    for (const part of EVERY_KIND) {
      const record = recordOf(part)
      const read = readRecord(sign(record).bytes)
      expect(read.record, part.kind).toEqual(record)
      expect(read.isSigned(CLUSTER, verifySignature), part.kind).toBe(true)
      expect(isKind(read.record, part.kind)).toBe(true)
    }
  })

  it('is compact: a service and a worker take less than half of the limit', () => {
    expect(sign(recordOf()).bytes.length).toBeLessThan(MAX_RECORD_BYTES / 2)
    expect(sign(recordOf({ kind: 'worker', subject: '', payload: WORKER })).bytes.length).toBeLessThan(
      MAX_RECORD_BYTES / 2,
    )
  })

  it('does not hold in another cluster, for another owner, or with one changed byte', () => {
    const { bytes } = sign(recordOf())
    expect(readRecord(bytes).isSigned('clu_other', verifySignature)).toBe(false)
    expect(readRecord(sign(recordOf(), worker).bytes).isSigned(CLUSTER, verifySignature)).toBe(false)
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Uint8Array.from(bytes, (byte, index) => (index === at ? byte ^ flip : byte))
        if (causeOfReading(changed) === 'none')
          expect(readRecord(changed).isSigned(CLUSTER, verifySignature)).toBe(false)
      }),
      { numRuns: 150 },
    )
  })

  it('ignores fields that it does not know, and keeps them under the signature', () => {
    const { bytes } = sign(recordOf())
    const extended = rebuild(bytes, (_, body) => body.set(30, 'later'))
    expect(readRecord(extended).record).toEqual(recordOf())
    expect(readRecord(extended).isSigned(CLUSTER, verifySignature)).toBe(false)
  })

  it('refuses another version and an unknown kind by name', () => {
    const { bytes } = sign(recordOf())
    expect(causeOfReading(rebuild(bytes, (outer) => outer.splice(0, 1, 2)))).toBe('version-mismatch')
    expect(causeOfReading(rebuild(bytes, (_, body) => body.set(3, 200)))).toBe('version-mismatch')
  })

  it('refuses what is too large, incomplete or out of bounds, when reading and when signing', () => {
    const { bytes } = sign(recordOf())
    expect(causeOfReading(new Uint8Array(MAX_RECORD_BYTES + 1))).toBe('too-large')
    const damages: ((outer: unknown[], body: Map<number, unknown>) => void)[] = [
      (outer) => outer.pop(),
      (outer) => outer.push(1),
      (outer) => outer.splice(2, 1, new Uint8Array(63)),
      (outer) => outer.splice(1, 1, new Uint8Array(0)),
      (_, body) => body.delete(0),
      (_, body) => body.set(0, new Uint8Array(31)),
      (_, body) => body.set(6, 3_600_000),
      (_, body) => body.set(2, -1),
      (_, body) => body.set(4, 'x'.repeat(64)),
      (_, body) => body.set(7, 'payload'),
      (_, body) => body.set(7, new Map()),
    ]
    for (const damage of damages) expect(causeOfReading(rebuild(bytes, damage)), damage.toString()).toBe('malformed')
    const addresses = Array.from({ length: 4 }, () => `/dns4/${'x'.repeat(100)}`)
    const large = recordOf({ kind: 'presence', subject: '', payload: { cloud: 'a', state: 'ready', addresses } })
    expect(() => sign(large)).toThrow(expect.objectContaining({ code: 'too-large' }))
    const crowded = recordOf({
      kind: 'presence',
      subject: '',
      payload: { cloud: 'a', state: 'ready', addresses: [...addresses, 'x'] },
    })
    expect(() => sign(crowded)).toThrow(expect.objectContaining({ code: 'malformed' }))
  })

  it('is never read from other bytes, nor is another error thrown, nor much time spent', () => {
    const { bytes } = sign(recordOf())
    const mutated = fc
      .array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
      .map((changes) => {
        const copy = Uint8Array.from(bytes)
        for (const [at, value] of changes) copy[at] = value
        return copy
      })
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: MAX_RECORD_BYTES })), (input) => {
        try {
          const { record } = readRecord(input)
          expect(signRecord(record, CLUSTER, { sign: () => new Uint8Array(64) }).bytes.length).toBeLessThanOrEqual(
            MAX_RECORD_BYTES,
          )
        } catch (error) {
          expect(error).toBeInstanceOf(MeshError)
        }
      }),
      { numRuns: 2000, interruptAfterTimeLimit: 30_000, markInterruptAsFailure: true },
    )
  })
})
