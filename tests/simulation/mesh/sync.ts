import type { PeerId } from '@muster/mesh/admission/membership.ts'
import type { SignedRecord } from '@muster/mesh/records/record.ts'
import {
  nextSync,
  type SyncSource,
  type SyncState,
  type SyncStep,
  startSnapshot,
  startSync,
} from '@muster/mesh/records/sync-exchange.ts'
import { encodeSyncMessage, type SyncMessage } from '@muster/mesh/records/sync-messages.ts'
import { isSameTopic, type Topic, topicName } from '@muster/mesh/records/topics.ts'
import { countSync, type Traffic } from './traffic.ts'

/** What each side says first in `news`, beside its certificate and its own records. */
const NEWS_BYTES = 24

/** One side of an exchange. */
export interface SyncEnd {
  readonly id: PeerId
  readonly topics: readonly Topic[]
  readonly traffic: Traffic
  recordsOf(topic: Topic): readonly SignedRecord[]
  /** What it has said itself. */
  own(): readonly SignedRecord[]
  take(records: readonly Uint8Array[]): void
}

/** The wire between the two, and what is written on it. */
export interface SyncWire {
  readonly certificate: string
  sizeOf(message: SyncMessage): number
  /** Runs at the other end when the message arrives there, if it does. */
  send(from: PeerId, to: PeerId, arrive: () => void): void
}

/**
 * Bytes of messages in their real encoding. Digests of one topic with equally many buckets differ in prints of one
 * length, so of these, and of answers that say that nothing differs, one is encoded.
 */
export function createSizes(): SyncWire['sizeOf'] {
  const known = new Map<string, number>()
  const shapeOf = (message: SyncMessage) => {
    if (message.type === 'digest') return `${topicName('', message.topic)} ${message.digest.buckets.length}`
    if (message.type !== 'summaries' || message.summaries.buckets.length > 0) return undefined
    return `${message.type} ${message.summaries.bucketCount}`
  }
  return (message) => {
    const shape = shapeOf(message)
    const size = (shape === undefined ? undefined : known.get(shape)) ?? encodeSyncMessage(message).length
    if (shape !== undefined) known.set(shape, size)
    return size
  }
}

/**
 * An exchange as two members have it: news of both, then each topic that both follow by the protocol of
 * sync-exchange.ts. A message that is lost ends it, as a broken stream does.
 */
export function syncBetween(wire: SyncWire, opener: SyncEnd, other: SyncEnd): void {
  sendNews(wire, opener, other, () =>
    sendNews(wire, other, opener, () => {
      for (const topic of opener.topics) {
        if (!follows(other, topic)) continue
        const isEmpty = opener.recordsOf(topic).every(({ record }) => record.owner === opener.id)
        const first = isEmpty ? startSnapshot(topic) : startSync(topic, sourceOf(opener, wire))
        say(wire, opener, other, first, { phase: 'idle' }, true)
      }
    }),
  )
}

function follows(end: SyncEnd, topic: Topic): boolean {
  return end.topics.some((one) => isSameTopic(one, topic))
}

function sendNews(wire: SyncWire, from: SyncEnd, to: SyncEnd, then: () => void): void {
  const records = from.own().map(({ bytes }) => bytes)
  const size = records.reduce((sum, { length }) => sum + length + 3, NEWS_BYTES + wire.certificate.length)
  wire.send(from.id, to.id, () => {
    countSync(to.traffic, size, true)
    to.take(records)
    then()
  })
}

/** Sends what a step wants sent; the last message is answered from `theirs`, where the other side stands. */
function say(wire: SyncWire, from: SyncEnd, to: SyncEnd, step: SyncStep, theirs: SyncState, isFirst: boolean): void {
  from.take(step.records)
  for (const message of step.send) {
    wire.send(from.id, to.id, () => hear(wire, to, from, message, theirs, step.state, isFirst))
  }
}

function hear(
  wire: SyncWire,
  self: SyncEnd,
  from: SyncEnd,
  message: SyncMessage,
  state: SyncState,
  theirs: SyncState,
  isFirst: boolean,
): void {
  countSync(self.traffic, wire.sizeOf(message), isFirst)
  const next = nextSync(state, message, sourceOf(self, wire))
  say(wire, self, from, next, theirs, false)
}

function sourceOf(end: SyncEnd, wire: SyncWire): SyncSource {
  return { recordsOf: (topic) => end.recordsOf(topic), certificateOf: () => wire.certificate }
}
