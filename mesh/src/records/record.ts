import type { PeerId } from '../admission/membership.ts'

/**
 * What a record states. Which role may state what is in `role-rules.ts`.
 *
 * `presence` this member is here, with its addresses · `service` what a fixed service provides, with the last probe ·
 * `worker` slots, free slots, state · `cloud` state of a cloud, by its agent · `demand` jobs waiting, by the demand owner
 * · `suspicion` this member has lost another one · `departure` this member has left on purpose
 */
export type RecordKind = 'presence' | 'service' | 'worker' | 'cloud' | 'demand' | 'suspicion' | 'departure'

/**
 * One signed statement of one member about `subject`. For one (owner, kind, subject) the highest (bootId, sequence)
 * wins everywhere, so views converge whatever order and however often records arrive.
 */
export interface MeshRecord {
  readonly owner: PeerId
  /** Epoch milliseconds at which the owner's process started: a restart outdates all it said before. */
  readonly bootId: number
  /** Counts up with every record of the owner in this boot. */
  readonly sequence: number
  readonly kind: RecordKind
  /** What it is about within the kind: a service name, a suspected PeerId, or empty. */
  readonly subject: string
  /** Epoch milliseconds by the owner's clock. */
  readonly issuedAt: number
  /** Void so long after it was received, unless refreshed. */
  readonly ttlMs: number
  /** By kind; see `payloads.ts`. */
  readonly payload: unknown
}

/** A record with the bytes that were signed, so that it can be passed on unchanged. */
export interface SignedRecord {
  readonly record: MeshRecord
  /** Encoded record and signature, at most `MAX_RECORD_BYTES`. */
  readonly bytes: Uint8Array
}

export const MAX_RECORD_BYTES = 512
/** How long a record lives, and how often its owner says it again: three refreshes may be lost. */
export interface Pace {
  readonly ttlMs: number
  readonly refreshMs: number
}

export const DEFAULT_TTL_MS = 90_000
export const REFRESH_INTERVAL_MS = 30_000
/** Of what few follow, and of suspicions. */
export const DEFAULT_PACE: Pace = { ttlMs: DEFAULT_TTL_MS, refreshMs: REFRESH_INTERVAL_MS }
/**
 * Of what everybody follows: each refresh arrives at each member as often as it has neighbors that pass it on, so this
 * is most of what an idle worker receives. A death is told by witnesses, not by the expiry, and changes are said at once.
 */
export const DIRECTORY_PACE: Pace = { ttlMs: 4 * DEFAULT_TTL_MS, refreshMs: 4 * REFRESH_INTERVAL_MS }
