import type { PeerId } from '../admission/membership.ts'
import { refusal } from '../admission/refusals.ts'
import { differenceTo, digestOf, MAX_RECORDS_PER_MESSAGE, type RecordSet, summariesFor, wantedFrom } from './digest.ts'
import { readRecord } from './record-codec.ts'
import { MAX_CERTIFICATES_PER_MESSAGE, type SyncMessage } from './sync-messages.ts'
import type { Topic } from './topics.ts'

/** What a side of an exchange reads of its own state. */
export interface SyncSource {
  /** The live records of a topic. */
  readonly recordsOf: (topic: Topic) => RecordSet
  /** The certificate of a member, if one is held. */
  readonly certificateOf: (peer: PeerId) => string | undefined
}

/** Where an exchange stands; `idle` answers, the others wait for the answer to what this side has sent. */
export type SyncState =
  | { readonly phase: 'idle' }
  | { readonly phase: 'wants-summaries'; readonly topic: Topic }
  | { readonly phase: 'wants-difference'; readonly topic: Topic }
  | { readonly phase: 'wants-records' }
  | { readonly phase: 'done' }

/** One step of an exchange. */
export interface SyncStep {
  readonly state: SyncState
  readonly send: readonly SyncMessage[]
  /** Certificates to admit first, then records to receive. */
  readonly certificates: readonly string[]
  readonly records: readonly Uint8Array[]
}

const NOTHING = { send: [], certificates: [], records: [] } as const

/** Opens the periodic exchange of one topic by digest. */
export function startSync(topic: Topic, source: SyncSource): SyncStep {
  const digest = digestOf(source.recordsOf(topic))
  return { ...NOTHING, state: { phase: 'wants-summaries', topic }, send: [{ type: 'digest', topic, digest }] }
}

/** Opens an exchange for everything of one topic: on join and after a heal. */
export function startSnapshot(topic: Topic): SyncStep {
  return { ...NOTHING, state: { phase: 'wants-records' }, send: [{ type: 'snapshot-request', topic }] }
}

/** Opens an exchange for certificates. @param peers - the first 128 are asked for */
export function startCertificateRequest(peers: readonly PeerId[]): SyncStep {
  const asked = peers.slice(0, MAX_CERTIFICATES_PER_MESSAGE)
  return { ...NOTHING, state: { phase: 'wants-records' }, send: [{ type: 'certificate-request', peers: asked }] }
}

/**
 * Takes the other side's message. An exchange takes two round trips at most; what does not fit waits for the next one.
 *
 * ```
 * wants-summaries ──summaries──► wants-records ──records (last)──► done
 * idle ──digest──► wants-difference ──difference──► done
 * idle ──snapshot-request, certificate-request──► done
 * ```
 *
 * @throws {MeshError} refused - not the message that is due
 */
export function nextSync(state: SyncState, message: SyncMessage, source: SyncSource): SyncStep {
  switch (message.type) {
    case 'summaries':
      if (state.phase !== 'wants-summaries') throw unexpected(message)
      return afterSummaries(source.recordsOf(state.topic), message, source)
    case 'difference':
      if (state.phase !== 'wants-difference') throw unexpected(message)
      return {
        state: { phase: 'done' },
        send: [recordsMessage(wantedFrom(source.recordsOf(state.topic), message.difference.wanted), source, true)],
        certificates: message.certificates,
        records: message.difference.records,
      }
    case 'records':
      if (state.phase !== 'wants-records') throw unexpected(message)
      return {
        state: message.isLast ? { phase: 'done' } : state,
        send: [],
        certificates: message.certificates,
        records: message.records,
      }
    case 'digest':
    case 'snapshot-request':
    case 'certificate-request':
      if (state.phase !== 'idle') throw unexpected(message)
      return answerOpening(message, source)
    default:
      throw unexpected(message)
  }
}

type Opening = Extract<SyncMessage, { readonly type: 'digest' | 'snapshot-request' | 'certificate-request' }>

function answerOpening(message: Opening, source: SyncSource): SyncStep {
  switch (message.type) {
    case 'digest': {
      const summaries = summariesFor(source.recordsOf(message.topic), message.digest)
      const isEqual = summaries.buckets.length === 0
      return {
        ...NOTHING,
        state: isEqual ? { phase: 'done' } : { phase: 'wants-difference', topic: message.topic },
        send: [{ type: 'summaries', summaries }],
      }
    }
    case 'snapshot-request':
      return { ...NOTHING, state: { phase: 'done' }, send: snapshotOf(source.recordsOf(message.topic), source) }
    case 'certificate-request': {
      const certificates = message.peers.map(source.certificateOf).filter((each) => each !== undefined)
      return {
        ...NOTHING,
        state: { phase: 'done' },
        send: [{ type: 'records', records: [], certificates, isLast: true }],
      }
    }
  }
}

function afterSummaries(
  set: RecordSet,
  message: Extract<SyncMessage, { readonly type: 'summaries' }>,
  source: SyncSource,
): SyncStep {
  if (message.summaries.buckets.length === 0) return { ...NOTHING, state: { phase: 'done' } }
  const difference = differenceTo(set, message.summaries)
  const certificates = certificatesFor(difference.records, source)
  return { ...NOTHING, state: { phase: 'wants-records' }, send: [{ type: 'difference', difference, certificates }] }
}

/** A whole topic in messages that carry the certificates of their owners. */
function snapshotOf(set: RecordSet, source: SyncSource): readonly SyncMessage[] {
  const messages: SyncMessage[] = []
  for (let from = 0; from === 0 || from < set.length; from += MAX_CERTIFICATES_PER_MESSAGE) {
    const part = set.slice(from, from + MAX_CERTIFICATES_PER_MESSAGE)
    const isLast = from + MAX_CERTIFICATES_PER_MESSAGE >= set.length
    messages.push(
      recordsMessage(
        part.map((signed) => signed.bytes),
        source,
        isLast,
      ),
    )
  }
  return messages
}

function recordsMessage(records: readonly Uint8Array[], source: SyncSource, isLast: boolean): SyncMessage {
  const sent = records.slice(0, MAX_RECORDS_PER_MESSAGE)
  return { type: 'records', records: sent, certificates: certificatesFor(sent, source), isLast }
}

function certificatesFor(records: readonly Uint8Array[], source: SyncSource): readonly string[] {
  const certificates = ownersOf(records).map(source.certificateOf)
  return certificates.filter((each) => each !== undefined).slice(0, MAX_CERTIFICATES_PER_MESSAGE)
}

/** Owners of records that this side has read before, so reading them again cannot fail. */
function ownersOf(records: readonly Uint8Array[]): readonly PeerId[] {
  return [...new Set(records.map((bytes) => readRecord(bytes).record.owner))]
}

function unexpected(message: SyncMessage) {
  return refusal('malformed', `The other side sent ${message.type}, which is not due now`)
}
