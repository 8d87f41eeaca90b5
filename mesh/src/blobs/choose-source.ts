import type { PeerId } from '../admission/membership.ts'
import type { MeshErrorCode } from '../fault.ts'
import { jittered, spread } from '../spread.ts'
import type { Step } from '../step.ts'
import type { FetchEffect } from './next-source.ts'
import { type FetchState, noteOf, type SourceView } from './source-state.ts'

type FetchStep = Step<FetchState, FetchEffect>

/** What to do now, by what is known. One transfer at a time; nothing while one runs. */
export function chooseNext(state: FetchState, view: SourceView, now: number): FetchStep {
  if (state.getting !== undefined) return { state, effects: [] }
  if (now - state.startedAt >= state.options.deadlineMs) return end(state, state.trouble)
  const holder = bestHolder(state, view, now)
  if (holder !== undefined) return get(state, holder, false)
  if (state.asking.size > 0) return { state, effects: [] }
  if (!state.hasAsked) {
    const asked = ask(state, view)
    if (asked !== undefined) return asked
  }
  const duty = onDuty(state, view)
  if (duty === state.self) return goOutside(state, view, now)
  if (duty !== undefined && noteOf(state, duty).retryAt <= now) return get(state, duty, true)
  return wait(state, view, now, duty)
}

/** Who said so itself and is connected comes first; each node in another order, so that they do not all go to one. */
function bestHolder(state: FetchState, view: SourceView, now: number): PeerId | undefined {
  const rank = (peer: PeerId) =>
    (noteOf(state, peer).standing === 'holds' ? 0 : 2) +
    (view.isConnected(peer) ? 0 : 1) +
    spread(state.self, state.id, peer)
  const due = holders(state, view).filter((peer) => noteOf(state, peer).retryAt <= now)
  return inOrder(due, rank)[0]
}

/** By a number that is dear to work out: once for each. */
function inOrder(peers: readonly PeerId[], rank: (peer: PeerId) => number): readonly PeerId[] {
  return peers
    .map((peer) => ({ peer, place: rank(peer) }))
    .toSorted((left, right) => left.place - right.place)
    .map(({ peer }) => peer)
}

function holders(state: FetchState, view: SourceView): readonly PeerId[] {
  return [...view.members, ...view.agents].filter((peer) => {
    const { standing } = noteOf(state, peer)
    return peer !== state.self && (standing === 'holds' || standing === 'hinted')
  })
}

function ask(state: FetchState, view: SourceView): FetchStep | undefined {
  const { questions, laterQuestions } = state.options
  // Each time others: the texts change with what has happened so far.
  const order = (peer: PeerId) =>
    (view.isConnected(peer) ? 0 : 1) + spread(state.self, state.id, peer, state.notes.size, state.rounds)
  const open = view.members.filter(
    (peer) => peer !== state.self && ['unknown', 'lacks'].includes(noteOf(state, peer).standing),
  )
  const chosen = inOrder(open, order).slice(0, state.notes.size === 0 ? questions : laterQuestions)
  if (chosen.length === 0) return undefined
  return {
    state: { ...state, hasAsked: true, asking: new Set(chosen) },
    effects: chosen.map((peer) => ({ type: 'ask', peer })),
  }
}

/**
 * The node that fetches for the cloud: agents before members, those of one kind in an order by blob (highest random
 * weight), which is the same for all who see the same cloud. Who failed is passed over; after a few this node does it
 * itself. Two views that differ mean two that go outside: there the coordinator sends all but one back.
 */
export function onDuty(state: FetchState, view: SourceView): PeerId {
  const byWeight = (peers: readonly PeerId[]) => inOrder(peers, (peer) => -spread(state.id, peer))
  const isAgent = view.agents.includes(state.self)
  const members = isAgent || view.members.includes(state.self) ? view.members : [...view.members, state.self]
  const order = [...byWeight(view.agents), ...byWeight(members)]
  const isAble = (peer: PeerId) => peer === state.self || noteOf(state, peer).standing !== 'failed'
  return order.slice(0, state.options.maxDuties).find(isAble) ?? state.self
}

function goOutside(state: FetchState, view: SourceView, now: number): FetchStep {
  const outside = view.upstream.filter((peer) => noteOf(state, peer).standing !== 'failed')
  const left = outside.filter((peer) => noteOf(state, peer).standing !== 'lacks')
  const due = left.find((peer) => noteOf(state, peer).retryAt <= now)
  if (due !== undefined) return get(state, due, false)
  if (left[0] !== undefined) return wait(state, view, now, left[0])
  // All of the outside say that it does not exist, and nobody here is known to have it.
  const isKnown = outside.length > 0 && outside.length === view.upstream.length
  if (isKnown && holders(state, view).length === 0) return end(state, 'not-found')
  return wait(state, view, now, undefined)
}

/** Until the first who asked for patience may be asked again; without such, until the next round. */
function wait(state: FetchState, view: SourceView, now: number, next: PeerId | undefined): FetchStep {
  const times = [...holders(state, view), ...(next === undefined ? [] : [next])].map(
    (peer) => noteOf(state, peer).retryAt,
  )
  const untilEnd = state.startedAt + state.options.deadlineMs - now
  if (times.length > 0) {
    const afterMs = Math.min(untilEnd, Math.max(1, Math.min(...times) - now))
    return { state, effects: [{ type: 'wake', afterMs }] }
  }
  const { baseMs, maxMs } = state.options.backoff
  const full = Math.min(maxMs, baseMs * 2 ** Math.min(state.rounds, 16))
  const afterMs = Math.min(untilEnd, jittered(full, 0.5, state.self, state.id, state.rounds))
  // What failed may have come back; who was tried is still told to the coordinator.
  const fresh: FetchState = { ...state, notes: new Map(), rounds: state.rounds + 1 }
  return { state: fresh, effects: [{ type: 'wake', afterMs }] }
}

function get(state: FetchState, peer: PeerId, isDuty: boolean): FetchStep {
  const isFresh = state.isWhole || state.contributors.length === 0
  return {
    state: { ...state, getting: { peer, isDuty }, contributors: isFresh ? [] : state.contributors },
    effects: [{ type: 'get', peer, isDuty, isFresh, tried: state.tried }],
  }
}

function end(state: FetchState, code: MeshErrorCode): FetchStep {
  return { state: { ...state, isOver: true }, effects: [{ type: 'give-up', code }] }
}
