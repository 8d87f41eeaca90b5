import type { Backoff } from '@muster/runtime/retry.ts'
import type { PeerId } from '../admission/membership.ts'
import type { MeshErrorCode } from '../fault.ts'
import type { BlobId } from './blob-id.ts'

/** Numbers of choosing sources. */
export interface SourceOptions {
  /** Members of the cloud that are asked whether they have it, at the start. More: traffic; fewer: the agent serves more. */
  readonly questions: number
  /** The same each time after a wait. */
  readonly laterQuestions: number
  /** Peers on duty that are tried before this node goes outside the cloud itself. */
  readonly maxDuties: number
  /** How long a peer on duty may answer that it is still fetching. */
  readonly patienceMs: number
  /** How often a peer that has it, or should, may put this node off before others are looked for. */
  readonly maxPutOffs: number
  /** Between two rounds in which nobody had it. */
  readonly backoff: Backoff
  /** The whole fetch; a transfer that runs then may end. */
  readonly deadlineMs: number
}

export const DEFAULT_SOURCE_OPTIONS: SourceOptions = {
  questions: 2,
  laterQuestions: 1,
  maxDuties: 3,
  patienceMs: 15_000,
  maxPutOffs: 2,
  backoff: { baseMs: 500, maxMs: 10_000 },
  deadlineMs: 180_000,
}

/**
 * What is known of a peer in this round. `holds` it said so · `hinted` another said so · `lacks` it said that it does
 * not have it · `failed` it does not answer, broke off, put this node off for too long, or was on duty in vain
 */
export type Standing = 'unknown' | 'holds' | 'hinted' | 'lacks' | 'failed'

/** One peer, as this fetch knows it. Times are milliseconds of one clock. */
export interface SourceNote {
  readonly standing: Standing
  /** It asked not to be asked before. */
  readonly retryAt: number
  /** Times in a row that it put this node off. */
  readonly putOffs: number
  /** Since when it says that it is fetching. */
  readonly fetchingSince: number | undefined
}

/** Whom this node may ask, at this moment; without those that are avoided. */
export interface SourceView {
  readonly members: readonly PeerId[]
  /** Of the own cloud; with this node when it is one. */
  readonly agents: readonly PeerId[]
  readonly upstream: readonly PeerId[]
  readonly isConnected: (peer: PeerId) => boolean
}

/** Where a fetch stands. */
export interface FetchState {
  readonly id: BlobId
  readonly self: PeerId
  readonly options: SourceOptions
  readonly startedAt: number
  readonly notes: ReadonlyMap<PeerId, SourceNote>
  /** Questions that are not answered yet. */
  readonly asking: ReadonlySet<PeerId>
  /** Questions of this round were asked. */
  readonly hasAsked: boolean
  /** The one transfer that runs. */
  readonly getting: { readonly peer: PeerId; readonly isDuty: boolean } | undefined
  /** Whose bytes are in what was received so far. */
  readonly contributors: readonly PeerId[]
  /** Bytes of several peers did not make the blob: from now on each transfer is of one peer, so that the liar is found. */
  readonly isWhole: boolean
  readonly rounds: number
  /** Peers of the own cloud that were tried in vain, newest last; the coordinator is told, to send it once more. */
  readonly tried: readonly PeerId[]
  readonly trouble: MeshErrorCode
  readonly isOver: boolean
}

/** Nobody was asked yet. */
export function initialFetch(id: BlobId, self: PeerId, options: SourceOptions, now: number): FetchState {
  return {
    id,
    self,
    options,
    startedAt: now,
    notes: new Map(),
    asking: new Set(),
    hasAsked: false,
    getting: undefined,
    contributors: [],
    isWhole: false,
    rounds: 0,
    tried: [],
    trouble: 'unreachable',
    isOver: false,
  }
}

const NO_NOTE: SourceNote = { standing: 'unknown', retryAt: 0, putOffs: 0, fetchingSince: undefined }

/** What is known of a peer; nothing is a note too. */
export function noteOf(state: FetchState, peer: PeerId): SourceNote {
  return state.notes.get(peer) ?? NO_NOTE
}
