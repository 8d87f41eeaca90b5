import {
  type Codec,
  type Decoded,
  field,
  flag,
  listOf,
  oneOf,
  optional,
  struct,
  text,
  uint,
} from '../encoding/codec.ts'
import type { RecordKind } from './record.ts'

/** Bytes of a name: a DNS label. */
export const MAX_NAME_BYTES = 63
/** Addresses in one record; a node with more states those that others reach best. */
export const MAX_ADDRESSES = 4
const MAX_PORT = 65_535
const MAX_JOBS = 2 ** 31 - 1
const MAX_DURATION_MS = 400 * 24 * 60 * 60_000

const name = text(MAX_NAME_BYTES, /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/)
/** Names that people chose elsewhere: flavors of a cloud, classes of jobs. */
const freeName = text(32)
const cloudName = text(MAX_NAME_BYTES, /^([a-z0-9]([a-z0-9-]*[a-z0-9])?)?$/)
const durationMs = uint(MAX_DURATION_MS)
const time = uint()

/** A member is here. For the coordinator, which is in no cloud, `cloud` is empty. */
const presence = struct({
  cloud: field(0, cloudName),
  state: field(1, oneOf(['joining', 'ready', 'draining'])),
  /** Multiaddrs without the peer. */
  addresses: field(2, listOf(text(128), MAX_ADDRESSES)),
  /** IP address for programs of users, if it has one that others of its cloud reach. */
  address: optional(3, text(45)),
  program: optional(4, text(24)),
})

const port = struct({ name: field(0, name), port: field(1, uint(MAX_PORT)) })

/** A fixed service, as its own VM sees it; the subject is its name. */
const service = struct({
  cloud: field(0, cloudName),
  /** IP address or host name. */
  address: field(1, text(64)),
  ports: field(2, listOf(port, 8)),
  /** Last functional probe. */
  health: field(3, oneOf(['unknown', 'passing', 'failing'])),
  /** Epoch milliseconds of that probe by the owner's clock. */
  probedAt: optional(4, time),
})

/** A machine that runs jobs. */
const worker = struct({
  cloud: field(0, cloudName),
  state: field(1, oneOf(['starting', 'idle', 'busy', 'draining', 'evicting'])),
  slots: field(2, uint(4096)),
  free: field(3, uint(4096)),
  /** Epoch milliseconds at which the last running job is expected to end. */
  expectedEndAt: optional(4, time),
  /** Asks for a replacement elsewhere before it drains. */
  wantsReplacement: optional(5, flag),
})

const flavorState = struct({
  flavor: field(0, freeName),
  state: field(1, oneOf(['unknown', 'ok', 'full', 'backoff'])),
})

/** A cloud, as its agent sees it; the subject is its name. */
const cloud = struct({
  phase: field(0, oneOf(['absent', 'fixed-starting', 'ready', 'open', 'closing'])),
  flavors: field(1, listOf(flavorState, 8)),
  /** Instances that the quota still allows. */
  quotaLeft: optional(2, uint(MAX_JOBS)),
  booting: field(3, uint(MAX_JOBS)),
  live: field(4, uint(MAX_JOBS)),
  draining: field(5, uint(MAX_JOBS)),
  /** Instances of which the cloud did not say whether they exist. */
  uncertain: field(6, uint(MAX_JOBS)),
  bootP50Ms: optional(7, durationMs),
  bootP90Ms: optional(8, durationMs),
  failureStreak: optional(9, uint(MAX_JOBS)),
})

const jobClass = struct({ name: field(0, freeName), idle: field(1, uint(MAX_JOBS)) })

/** What a queue wants of a scalable service, all from one look at the queue; the subject is that service's name. */
const demand = struct({
  classes: field(0, listOf(jobClass, 8)),
  running: field(1, uint(MAX_JOBS)),
  /** Slots that wait for work, by the same look. */
  freeSlots: field(2, uint(MAX_JOBS)),
  /** How long the oldest idle job has waited. */
  oldestIdleMs: optional(3, durationMs),
  meanLengthMs: optional(4, durationMs),
})

/** This member has lost another one; the subject is that one's PeerId. */
const suspicion = struct({
  reason: field(0, oneOf(['closed', 'silent', 'expired'])),
  /** The last thing heard of it: newer records of it refute the suspicion. */
  bootId: field(1, time),
  sequence: field(2, uint()),
})

/** This member has left on purpose. */
const departure = struct({ reason: field(0, oneOf(['stopped', 'drained', 'evicted', 'superseded'])) })

/** The codec of each kind's payload: the published schema, field numbers included. */
export const PAYLOADS = { presence, service, worker, cloud, demand, suspicion, departure } as const satisfies {
  readonly [K in RecordKind]: Codec<never> | Codec<unknown>
}

/** What a record of a kind states. */
export type Payload<K extends RecordKind> = Decoded<(typeof PAYLOADS)[K]>

export type PresencePayload = Payload<'presence'>
export type ServicePayload = Payload<'service'>
export type WorkerPayload = Payload<'worker'>
export type CloudPayload = Payload<'cloud'>
export type DemandPayload = Payload<'demand'>
export type SuspicionPayload = Payload<'suspicion'>
export type DeparturePayload = Payload<'departure'>

/** A record of one kind with its payload typed: what `isKind` narrows to. */
export interface KindRecord<K extends RecordKind> {
  readonly kind: K
  readonly payload: Payload<K>
}
