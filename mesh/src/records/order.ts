import { compareBytes } from '../encoding/cbor.ts'
import type { MeshRecord, RecordKind, SignedRecord } from './record.ts'

/** What orders the statements of one owner. */
export interface Version {
  readonly bootId: number
  readonly sequence: number
}

/** Negative when `a` is older; zero only for the same statement, or two under one number. */
export function compareVersions(a: Version, b: Version): number {
  return a.bootId - b.bootId || a.sequence - b.sequence
}

/**
 * A total order of the records of one place, so that every store picks the same whatever it saw first. Two different
 * records under one version mean that their owner contradicts itself; then the bytes decide.
 */
export function compareRecords(a: SignedRecord, b: SignedRecord): number {
  return compareVersions(a.record, b.record) || compareBytes(a.bytes, b.bytes)
}

/** Name of a record's place within its owner. */
export function placeKey({ kind, subject }: Pick<MeshRecord, 'kind' | 'subject'>): string {
  return subject === '' ? WITHOUT_SUBJECT[kind] : `${kind}/${subject}`
}

/** Most places have no subject, and their name is asked for several times for each record that arrives. */
const WITHOUT_SUBJECT: Readonly<Record<RecordKind, string>> = {
  presence: 'presence/',
  service: 'service/',
  cloud: 'cloud/',
  worker: 'worker/',
  suspicion: 'suspicion/',
  departure: 'departure/',
  demand: 'demand/',
}
