import type { SignedDefinition } from '../admission/definition.ts'
import type { Membership, PeerId } from '../admission/membership.ts'
import type { RefusalCause } from '../admission/refusals.ts'
import type { Answer } from '../directory/resolve.ts'
import type { AnswerDifference } from '../directory/watch.ts'
import type { ConnectionView, TrafficCounts } from '../network/network-host.ts'
import type { RecordKind } from '../records/record.ts'
import type { MemberStatus } from '../witness/state.ts'

/**
 * Where a node stands with its cluster: `joining` asks for its certificate · `member` · `lapsed` its certificate has
 * expired, asking for a new one goes on · `refused` for good, with the cause · `left`
 */
export type MeshPhase =
  | { readonly phase: 'joining'; readonly trouble: string | undefined }
  | { readonly phase: 'member' }
  | { readonly phase: 'lapsed'; readonly trouble: string | undefined }
  | { readonly phase: 'refused'; readonly cause: RefusalCause }
  | { readonly phase: 'left' }

/** One member as this node sees it. Ages are milliseconds by this node's clock. */
export interface MemberView {
  readonly peer: PeerId
  readonly isSelf: boolean
  readonly role: Membership['role']
  readonly slot: Membership['slot']
  readonly status: MemberStatus
  /** Since its last record; undefined when none is known. */
  readonly heardAgoMs: number | undefined
  readonly connection: ConnectionView | undefined
  /** IP address for programs of users, if it has stated one. */
  readonly address: string | undefined
  readonly program: string | undefined
  readonly certificateExpiresAt: number | undefined
}

/** Something that happened here, for `trace`: the newest few hundred are kept. */
export interface TraceEntry {
  /** Epoch milliseconds. */
  readonly at: number
  /** For example `connected`, `disconnected`, `suspect`, `gone`, `record`, `answers`, `refused`, `joined`, `renewed`. */
  readonly event: string
  readonly peer?: PeerId
  readonly kind?: RecordKind
  /** One line for people; no secrets. */
  readonly text: string
}

/** Counts for metrics; all since the start unless it says "now". */
export interface MeshCounts {
  readonly members: Readonly<Record<MemberStatus, number>>
  readonly connectionsNow: number
  readonly recordsNow: number
  readonly recordsReceived: number
  readonly recordsRefused: ReadonlyMap<RefusalCause, number>
  readonly syncs: number
  readonly syncFailures: number
  readonly dials: number
  readonly dialFailures: number
  readonly suspicions: number
  readonly refutations: number
  readonly blobsServed: number
  readonly blobBytesServed: number
  readonly blobsFetched: number
  readonly traffic: TrafficCounts
}

/** A cluster's mesh, as the rest of a program uses it. */
export interface Mesh {
  readonly cluster: string
  readonly self: PeerId
  phase(): MeshPhase
  membership(): Membership | undefined
  /** The newest definition that was accepted; undefined before the first. */
  definition(): SignedDefinition | undefined
  /** Best first, with ages; see `directory/resolve.ts`. */
  resolve(service: string): readonly Answer[]
  services(): readonly string[]
  /** Told of each change of the answers of a service, or of all when `service` is undefined. @returns stops */
  watch(service: string | undefined, listener: (difference: AnswerDifference) => void): () => void
  /** Tells how using an instance went, so that a failing one is ranked last for a while. */
  used(service: string, owner: PeerId, isOk: boolean): void
  members(): readonly MemberView[]
  trace(): readonly TraceEntry[]
  /** @returns stops */
  onTrace(listener: (entry: TraceEntry) => void): () => void
  counts(): MeshCounts
  /** Phase, members or answers have changed. @returns stops */
  onChange(listener: () => void): () => void
}
