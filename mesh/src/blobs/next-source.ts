import type { PeerId } from '../admission/membership.ts'
import type { MeshErrorCode } from '../fault.ts'
import { jittered } from '../spread.ts'
import { type Step, withEntry } from '../step.ts'
import { chooseNext } from './choose-source.ts'
import type { LaterReason } from './messages.ts'
import { MAX_HINTS, MAX_RETRY_AFTER_MS } from './messages.ts'
import { type FetchState, noteOf, type SourceNote, type SourceView } from './source-state.ts'

/** What a peer says instead of content. */
export interface PutOff {
  readonly reason: LaterReason
  readonly retryAfterMs: number
  readonly peers: readonly PeerId[]
}

/** What a fetch is told. */
export type FetchEvent =
  | { readonly type: 'started' }
  /** The time of the last `wake` has come. */
  | { readonly type: 'woken' }
  /** To an `ask`; exactly one of these for each. */
  | { readonly type: 'has'; readonly peer: PeerId }
  | { readonly type: 'has-not'; readonly peer: PeerId }
  | { readonly type: 'has-later'; readonly peer: PeerId; readonly putOff: PutOff }
  | { readonly type: 'silent'; readonly peer: PeerId }
  /** To a `get`; exactly one of these for each. */
  | { readonly type: 'kept'; readonly peer: PeerId }
  | { readonly type: 'put-off'; readonly peer: PeerId; readonly putOff: PutOff }
  | { readonly type: 'missing'; readonly peer: PeerId }
  /** It ended early; `isGiving` when bytes of this peer came and are kept for the next. */
  | { readonly type: 'broken'; readonly peer: PeerId; readonly code: MeshErrorCode; readonly isGiving: boolean }
  /** The whole came and is not the blob, or its size is not the one another peer has stated. */
  | { readonly type: 'wrong'; readonly peer: PeerId }
  /** The own store refuses; no source can help. */
  | { readonly type: 'store-failed'; readonly error: unknown }

/** What a fetch wants done. */
export type FetchEffect =
  | { readonly type: 'ask'; readonly peer: PeerId }
  | {
      readonly type: 'get'
      readonly peer: PeerId
      readonly isDuty: boolean
      /** Forget what was received so far and begin at 0. */
      readonly isFresh: boolean
      readonly tried: readonly PeerId[]
    }
  /** In place of an earlier `wake`. @see FetchEvent woken */
  | { readonly type: 'wake'; readonly afterMs: number }
  /** This peer alone has sent other bytes than it was asked for. */
  | { readonly type: 'blame'; readonly peer: PeerId }
  | { readonly type: 'done' }
  | { readonly type: 'give-up'; readonly code: MeshErrorCode; readonly error?: unknown }

type FetchStep = Step<FetchState, FetchEffect>

/**
 * Where to get a blob, as a pure function. A few members of the cloud are asked at random whether they have it; who has
 * it is taken, one at a time. Otherwise whoever is on duty for the cloud is asked to fetch it: its agent, then members
 * in an order that depends on the blob and is the same for all. Who finds itself on duty goes outside.
 *
 * @param now - milliseconds of a clock that does not jump
 */
export function nextFetch(state: FetchState, event: FetchEvent, view: SourceView, now: number): FetchStep {
  if (state.isOver) return { state, effects: [] }
  switch (event.type) {
    case 'started':
      return chooseNext(state, view, now)
    case 'woken':
      // What was known before the wait is old: others have it by now.
      return chooseNext({ ...state, hasAsked: state.asking.size > 0 }, view, now)
    case 'has':
      return chooseNext(answered(state, event.peer, { standing: 'holds', retryAt: now, putOffs: 0 }), view, now)
    case 'has-not':
      return chooseNext(answered(state, event.peer, { standing: 'lacks' }), view, now)
    case 'silent':
      return chooseNext(answered(state, event.peer, { standing: 'failed' }), view, now)
    case 'has-later':
      // Who waits for it too is of no use; whom it names may be.
      return chooseNext(withHints(answered(state, event.peer, { standing: 'lacks' }), event.putOff.peers), view, now)
    case 'kept':
      return { state: { ...state, isOver: true }, effects: [{ type: 'done' }] }
    case 'store-failed':
      return giveUp(state, 'storage-failed', event.error)
    default:
      return onGotNothing(state, event, view, now)
  }
}

function onGotNothing(
  state: FetchState,
  event: FetchEvent & { readonly type: 'put-off' | 'missing' | 'broken' | 'wrong' },
  view: SourceView,
  now: number,
): FetchStep {
  const { peer } = event
  const ended = { ...state, getting: undefined }
  switch (event.type) {
    case 'put-off':
      return chooseNext(onPutOff(ended, peer, event.putOff, now), view, now)
    case 'missing': {
      // To lack it is no reason not to be on duty; to be on duty and still lack it is.
      const standing = state.getting?.isDuty === true ? 'failed' : 'lacks'
      return chooseNext(withNote({ ...ended, trouble: 'not-found' }, peer, { standing }), view, now)
    }
    case 'broken': {
      const contributors = event.isGiving ? [...new Set([...state.contributors, peer])] : state.contributors
      const next = { ...inVain(ended, peer), contributors, trouble: event.code }
      return chooseNext(withNote(next, peer, { standing: 'failed' }), view, now)
    }
    case 'wrong': {
      const isAlone = state.contributors.every((one) => one === peer)
      const next = { ...inVain(ended, peer), contributors: [], isWhole: true, trouble: 'damaged' as const }
      const step = chooseNext(withNote(next, peer, { standing: isAlone ? 'failed' : 'unknown' }), view, now)
      return isAlone ? { ...step, effects: [{ type: 'blame', peer }, ...step.effects] } : step
    }
  }
}

function answered(state: FetchState, peer: PeerId, note: Partial<SourceNote>): FetchState {
  const asking = new Set(state.asking)
  asking.delete(peer)
  return withNote({ ...state, asking }, peer, note)
}

/** Some patience with each peer, then it counts as failed until the next round. */
function onPutOff(state: FetchState, peer: PeerId, putOff: PutOff, now: number): FetchState {
  const note = noteOf(state, peer)
  const fetchingSince = putOff.reason === 'fetching' ? (note.fetchingSince ?? now) : undefined
  const isTooLong = fetchingSince !== undefined && now - fetchingSince >= state.options.patienceMs
  const putOffs = note.putOffs + 1
  const isEnough = putOff.reason === 'fetching' && note.standing === 'hinted' && putOffs >= state.options.maxPutOffs
  const standing = isTooLong ? 'failed' : isEnough ? 'unknown' : note.standing
  const retryAt = now + waitOf(state, peer, putOff)
  const next = isTooLong ? inVain(state, peer) : state
  return withHints(withNote(next, peer, { standing, retryAt, putOffs, fetchingSince }), putOff.peers)
}

/** Longer each time; half as much more or less, so that those who were put off together do not come back together. */
function waitOf(state: FetchState, peer: PeerId, putOff: PutOff): number {
  const { putOffs } = noteOf(state, peer)
  const waitMs = Math.min(MAX_RETRY_AFTER_MS, Math.max(20, putOff.retryAfterMs) * 1.5 ** Math.min(putOffs, 8))
  return jittered(waitMs, 0.5, state.self, peer, state.id, putOffs)
}

/** Who is not known to this node is not asked: the view decides when it comes to choosing. */
function withHints(state: FetchState, peers: readonly PeerId[]): FetchState {
  let next = state
  for (const peer of peers.slice(0, MAX_HINTS)) {
    const { standing } = noteOf(state, peer)
    if (standing === 'unknown' || standing === 'lacks') next = withNote(next, peer, { standing: 'hinted' })
  }
  return next
}

function inVain(state: FetchState, peer: PeerId): FetchState {
  return { ...state, tried: [...state.tried.filter((one) => one !== peer), peer].slice(-MAX_HINTS) }
}

function withNote(state: FetchState, peer: PeerId, note: Partial<SourceNote>): FetchState {
  return { ...state, notes: withEntry(state.notes, peer, { ...noteOf(state, peer), ...note }) }
}

function giveUp(state: FetchState, code: MeshErrorCode, error: unknown): FetchStep {
  return { state: { ...state, isOver: true }, effects: [{ type: 'give-up', code, error }] }
}
