import { createHash } from 'node:crypto'
import { peerIdOf } from '@muster/mesh/admission/peer-id.ts'
import type { MeshRecord, SignedRecord } from '@muster/mesh/records/record.ts'
import { signRecord } from '@muster/mesh/records/record-codec.ts'
import { CLUSTER } from './plan.ts'

const SIGNATURE_BYTES = 64
/** A certificate has about so many characters. */
const CERTIFICATE = 'c'.repeat(600)

/** Makes records look as they do on the wire, in size and framing, without the work of signing and reading each. */
export interface Seal {
  readonly sign: (record: MeshRecord) => SignedRecord
  /** The record whose bytes these are; undefined for bytes that no machine has made. */
  readonly open: (bytes: Uint8Array) => SignedRecord | undefined
  readonly certificate: string
}

/** The encoded record of a place, by the payload that is stated there until another one is. */
type Template = Pick<MeshRecord, 'owner' | 'kind' | 'subject'> & Pick<SignedRecord, 'bytes'>

/**
 * Each place of each owner is encoded by the real codec once, its later records differ in their signature only. So
 * sizes and prints are real ones, and receivers know a record by its very bytes. Signatures and certificates are tried
 * by hostile.test.ts.
 */
export function createSeal(): Seal {
  const templates = new WeakMap<object, Template>()
  const made = new WeakMap<Uint8Array, SignedRecord>()
  let count = 0
  const templateOf = (record: MeshRecord) => {
    const { owner, kind, subject, payload } = record
    const about = typeof payload === 'object' && payload !== null ? payload : {}
    const known = templates.get(about)
    if (known?.owner === owner && known.kind === kind && known.subject === subject) return known.bytes
    const real = { ...record, owner: realId(record.owner) }
    const named = record.kind === 'suspicion' ? { ...real, subject: realId(record.subject) } : real
    const { bytes } = signRecord(named, CLUSTER, { sign: () => new Uint8Array(SIGNATURE_BYTES) })
    templates.set(about, { owner, kind, subject, bytes })
    return bytes
  }
  return {
    certificate: CERTIFICATE,
    open: (bytes) => made.get(bytes),
    sign(record) {
      count += 1
      const bytes = new Uint8Array(templateOf(record))
      new DataView(bytes.buffer).setFloat64(bytes.length - 8, count)
      const signed = { record, bytes }
      made.set(bytes, signed)
      return signed
    },
  }
}

function realId(name: string): string {
  return peerIdOf(createHash('sha256').update(name).digest())
}
