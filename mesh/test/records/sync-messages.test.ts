import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { causeOf } from '../../src/admission/refusals.ts'
import { encodeCanonical } from '../../src/encoding/cbor.ts'
import { MeshError } from '../../src/fault.ts'
import { MAX_RECORDS_PER_MESSAGE } from '../../src/records/digest.ts'
import { nextSync, type SyncSource, startCertificateRequest, startSync } from '../../src/records/sync-exchange.ts'
import {
  decodeSyncMessage,
  encodeSyncMessage,
  MAX_SYNC_BYTES,
  type SyncMessage,
} from '../../src/records/sync-messages.ts'
import { DIRECTORY, fixed, worker } from './records.ts'

const PRINT = Uint8Array.from({ length: 8 }, (_, index) => index)
const BUCKETS = Array.from({ length: 8 }, () => PRINT)
const MESSAGES: readonly SyncMessage[] = [
  { type: 'digest', topic: DIRECTORY, digest: { buckets: BUCKETS } },
  { type: 'digest', topic: { name: 'workers', cloud: 'a' }, digest: { buckets: BUCKETS } },
  {
    type: 'summaries',
    summaries: { bucketCount: 8, buckets: [1], entries: [{ place: PRINT, print: PRINT, bootId: 5, sequence: 6 }] },
  },
  { type: 'difference', difference: { records: [Uint8Array.of(1)], wanted: [PRINT] }, certificates: ['a.b.c'] },
  { type: 'snapshot-request', topic: DIRECTORY },
  { type: 'certificate-request', peers: [fixed.peer, worker.peer] },
  { type: 'records', records: [Uint8Array.of(1)], certificates: [], isLast: true },
  { type: 'news', definitionVersion: 3, revocations: [{ issuer: fixed.peer, version: 4 }], records: [] },
  { type: 'news', definitionVersion: 0, revocations: [], certificate: 'a.b.c', records: [Uint8Array.of(1)] },
  { type: 'document', kind: 'definition', token: 'a.b.c' },
  { type: 'document', kind: 'revocations', token: 'a'.repeat(512 * 1024) },
]
const SOURCE: SyncSource = { recordsOf: () => [], certificateOf: (peer) => (peer === fixed.peer ? 'a.b.c' : undefined) }
const causeOfCall = (run: () => unknown): string => {
  try {
    run()
    return 'none'
  } catch (error) {
    return error instanceof MeshError ? causeOf(error) : String(error)
  }
}

describe('Messages of a sync exchange', () => {
  it('come back as they were written', () => {
    for (const message of MESSAGES) expect(decodeSyncMessage(encodeSyncMessage(message)), message.type).toEqual(message)
  })

  it('are refused in another version, of another type, too large, or of odd size', () => {
    expect(causeOfCall(() => decodeSyncMessage(encodeCanonical([2, 0, new Map()])))).toBe('version-mismatch')
    expect(causeOfCall(() => decodeSyncMessage(encodeCanonical([1, 77, new Map()])))).toBe('version-mismatch')
    expect(causeOfCall(() => decodeSyncMessage(new Uint8Array(MAX_SYNC_BYTES + 1)))).toBe('too-large')
    for (const count of [0, 4, 9]) {
      const digest = { buckets: Array.from({ length: count }, () => PRINT) }
      expect(
        causeOfCall(() => decodeSyncMessage(encodeSyncMessage({ type: 'digest', topic: DIRECTORY, digest }))),
        `${count}`,
      ).toBe('malformed')
      const summaries = { bucketCount: count, buckets: [], entries: [] }
      expect(causeOfCall(() => decodeSyncMessage(encodeSyncMessage({ type: 'summaries', summaries })))).toBe(
        'malformed',
      )
    }
    const records = Array.from({ length: MAX_RECORDS_PER_MESSAGE + 1 }, () => Uint8Array.of(1))
    expect(causeOfCall(() => encodeSyncMessage({ type: 'records', records, certificates: [], isLast: true }))).toBe(
      'malformed',
    )
  })

  it('are never read from other bytes with another error', () => {
    const base = fc.constantFrom(...MESSAGES.map(encodeSyncMessage))
    const mutated = fc.tuple(base, fc.nat(300), fc.nat(255)).map(([bytes, at, value]) => {
      const copy = Uint8Array.from(bytes)
      copy[at % copy.length] = value
      return copy
    })
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 300 })), (bytes) => {
        expect(causeOfCall(() => decodeSyncMessage(bytes))).toMatch(/^(none|malformed|version-mismatch|too-large)$/)
      }),
      { numRuns: 1000 },
    )
  })

  it('are taken only when they are due', () => {
    for (const message of MESSAGES.filter((each) => ['summaries', 'difference', 'records'].includes(each.type))) {
      expect(
        causeOfCall(() => nextSync({ phase: 'idle' }, message, SOURCE)),
        message.type,
      ).toBe('malformed')
    }
    const { state } = startSync(DIRECTORY, SOURCE)
    for (const message of MESSAGES.filter((each) => each.type !== 'summaries')) {
      expect(
        causeOfCall(() => nextSync(state, message, SOURCE)),
        message.type,
      ).toBe('malformed')
    }
  })

  it('bring the certificates that are asked for and held', () => {
    const { send } = startCertificateRequest([fixed.peer, worker.peer])
    const [request] = send
    if (request === undefined) throw new Error('nothing was sent')
    expect(nextSync({ phase: 'idle' }, request, SOURCE).send).toEqual([
      { type: 'records', records: [], certificates: ['a.b.c'], isLast: true },
    ])
  })
})
