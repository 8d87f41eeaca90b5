import type { PeerId } from '../admission/membership.ts'
import type { Version } from '../records/order.ts'
import type { ServicePayload } from '../records/payloads.ts'
import type { MemberStatus } from '../witness/state.ts'

/** One machine that says it provides a service. */
export interface Instance {
  readonly owner: PeerId
  readonly service: string
  readonly version: Version
  readonly payload: ServicePayload
  /** Place of the owner in the cluster; two owners of one place are the old and the new machine of it. */
  readonly place: Place | undefined
  readonly heardAt: number
}

/** A slot of the service in a cloud; the higher generation is the machine that counts. */
export interface Place {
  readonly slot: number
  readonly generation: number
}

/** How using an instance went from here, by real use or by this member's own probes. */
export interface Experience {
  /** The latest failures, at most `failures` of them, oldest first. */
  readonly failedAt: readonly number[]
  /** Ranked last since then; undefined while in good standing. */
  readonly demotedAt: number | undefined
}

/** Numbers of the ranking; AUTONOMY (b) "Fixed services first". */
export interface DirectoryOptions {
  /** So many failures within `failureWindowMs` rank an instance last. */
  readonly failures: number
  readonly failureWindowMs: number
  /** Without a failure for so long it is back. */
  readonly goodMs: number
  /** Round trips are compared in steps of so many milliseconds, or they would reorder equals all the time. */
  readonly rttStepMs: number
  /** Nothing newer for so long: dropped. */
  readonly keepMs: number
  readonly maxInstances: number
  readonly maxPerService: number
}

export const DEFAULT_DIRECTORY_OPTIONS: DirectoryOptions = {
  failures: 3,
  failureWindowMs: 15_000,
  goodMs: 60_000,
  rttStepMs: 10,
  keepMs: 24 * 60 * 60_000,
  maxInstances: 1_024,
  maxPerService: 64,
}

/** Everything known of services, for ranking as this member sees them. Times are monotonic milliseconds. */
export interface DirectoryState {
  readonly self: PeerId
  readonly cloud: string
  readonly options: DirectoryOptions
  /** By `instanceKey`. */
  readonly instances: ReadonlyMap<string, Instance>
  readonly experiences: ReadonlyMap<string, Experience>
  readonly statuses: ReadonlyMap<PeerId, MemberStatus>
  /** Round trip to a peer, smoothed, in milliseconds. */
  readonly rtts: ReadonlyMap<PeerId, number>
}

/** A directory that knows no service. @param cloud - of this member: its services come first */
export function initialDirectory(self: PeerId, cloud: string, options = DEFAULT_DIRECTORY_OPTIONS): DirectoryState {
  return {
    self,
    cloud,
    options,
    instances: new Map(),
    experiences: new Map(),
    statuses: new Map(),
    rtts: new Map(),
  }
}

/** Key of the service that one owner provides. */
export function instanceKey(service: string, owner: PeerId): string {
  return `${service}/${owner}`
}
