import type { VerifySignature } from '../admission/identity.ts'
import type { Membership, PeerId } from '../admission/membership.ts'
import { causeOf, type RefusalCause } from '../admission/refusals.ts'
import { MeshError } from '../fault.ts'
import type { HeldRecord } from './owner-records.ts'
import { type ReadRecord, readRecord } from './record-codec.ts'
import type { Offered, RecordStore } from './record-store.ts'
import { mayState } from './role-rules.ts'
import { topicName, topicOf } from './topics.ts'

/** Where and against what a record is judged. */
export interface RecordContext {
  readonly cluster: string
  readonly verify: VerifySignature
  /** The owner's membership, or why it has none; see `Roster`. */
  readonly membershipOf: (peer: PeerId, now: number) => Membership | RefusalCause
  /** Where it is stored when it is good, and nowhere else. */
  readonly store: Pick<RecordStore, 'judge' | 'offer'>
}

/**
 * What to do with a record that came in. `accept` it is stored: pass it on · `ignore` neither pass it on nor blame the
 * sender · `reject` do not pass it on and lower the sender's score · `ask` the sender for the owner's certificate, then
 * judge again with `isAsked`
 */
export type Verdict =
  | { readonly verdict: 'accept'; readonly held: HeldRecord; readonly isContradiction: boolean }
  | { readonly verdict: 'ignore'; readonly cause: RefusalCause | 'duplicate'; readonly isContradiction: boolean }
  | { readonly verdict: 'reject'; readonly cause: RefusalCause }
  | { readonly verdict: 'ask'; readonly owner: PeerId }

/** How a record came in. */
export interface Arrival {
  /** Name of the gossipsub topic; left out for a record of a sync exchange. */
  readonly topic?: string
  /** The sender was asked for the certificate already. */
  readonly isAsked: boolean
  readonly now: number
}

/**
 * What an honest sender may pass on in good faith: it has another view of clocks, revocations and generations, or a
 * program of another version.
 */
const BLAMELESS: ReadonlySet<RefusalCause> = new Set<RefusalCause>([
  'certificate-revoked',
  'definition-stale',
  'rate-limited',
  'record-expired',
  'record-from-future',
  'record-stale',
  'slot-superseded',
  'store-full',
  'too-many-records',
  'version-mismatch',
])

/** Judges a record that came in and stores it if it is good: form, certificate, role, topic, age, signature. */
export function receiveRecord(bytes: Uint8Array, arrival: Arrival, context: RecordContext): Verdict {
  const read = readOrCause(bytes)
  if (typeof read === 'string') return refuse(read)
  const { record } = read
  const member = context.membershipOf(record.owner, arrival.now)
  if (typeof member === 'string') {
    // One that has expired may have been renewed; who passes the record on has seen the new one then.
    const isMissing = member === 'no-certificate' || member === 'certificate-expired'
    return isMissing && !arrival.isAsked ? { verdict: 'ask', owner: record.owner } : refuse(member)
  }
  if (!mayState(member, record)) return refuse('wrong-role')
  const topic = topicOf(member)
  if (arrival.topic !== undefined && arrival.topic !== topicName(context.cluster, topic)) return refuse('wrong-topic')
  const standing = context.store.judge(read, arrival.now)
  if (standing === 'duplicate') return { verdict: 'ignore', cause: 'duplicate', isContradiction: false }
  if (standing === 'stale') return refuse('record-stale')
  if (!read.isSigned(context.cluster, context.verify)) return refuse('record-forged')
  return verdictOf(context.store.offer(read, topic, arrival.now))
}

function verdictOf(offered: Offered): Verdict {
  switch (offered.outcome) {
    case 'accepted':
      return { verdict: 'accept', held: offered.held, isContradiction: offered.isContradiction }
    case 'duplicate':
      return { verdict: 'ignore', cause: 'duplicate', isContradiction: false }
    case 'stale':
      return { verdict: 'ignore', cause: 'record-stale', isContradiction: offered.isContradiction }
    case 'refused':
      return refuse(offered.cause)
  }
}

function refuse(cause: RefusalCause): Verdict {
  return BLAMELESS.has(cause) ? { verdict: 'ignore', cause, isContradiction: false } : { verdict: 'reject', cause }
}

function readOrCause(bytes: Uint8Array): ReadRecord | RefusalCause {
  try {
    return readRecord(bytes)
  } catch (error) {
    if (error instanceof MeshError) return causeOf(error)
    throw error
  }
}
