import type { PeerId } from '../admission/membership.ts'
import { jittered, spread } from '../spread.ts'
import { type Step, withEntry, withoutEntry } from '../step.ts'
import { rememberedPeers, seenAt } from './named.ts'
import {
  type Candidate,
  freshCandidate,
  MAX_ADDRESSES,
  type RedialStart,
  type RedialState,
  type RememberedPeer,
} from './state.ts'

/** What the redial loop is told. */
export type RedialEvent =
  /** A peer was mentioned with addresses, by its record or by somebody connected. */
  | { readonly type: 'learned'; readonly peer: PeerId; readonly addresses: readonly string[] }
  | { readonly type: 'connected'; readonly peer: PeerId }
  | { readonly type: 'disconnected'; readonly peer: PeerId }
  /** A connected peer is reached through a relay only, or not any more. */
  | { readonly type: 'routed'; readonly peer: PeerId; readonly isRelayed: boolean }
  | { readonly type: 'dial-failed'; readonly peer: PeerId }
  /** Other rendezvous points than before; those that are none any more stay as remembered peers. */
  | { readonly type: 'redefined'; readonly rendezvous: RedialStart['rendezvous'] }
  /** The peer left on purpose, or its machine is confirmed deleted. */
  | { readonly type: 'forgotten'; readonly peer: PeerId }
  /** About once a second. */
  | { readonly type: 'tick' }

/** What the redial loop wants done. */
export type RedialEffect =
  /** Ends with `connected`, `dial-failed` or, when a relay stands between, `routed` of that peer. */
  | { readonly type: 'dial'; readonly peer: PeerId; readonly addresses: readonly string[] }
  | { readonly type: 'persist'; readonly peers: readonly RememberedPeer[] }

type RedialStep = Step<RedialState, RedialEffect>

/**
 * Whom to dial and when, as a pure function. Below the wanted number of connections it dials whoever is due by its
 * backoff; and each round, whatever it has, all rendezvous points and a few lost peers, so that two halves that are
 * each content with themselves find each other again. Who is reached through a relay is dialed as well, for the relay may
 * go, and has better to do.
 *
 * @param now - epoch milliseconds
 */
export function nextRedial(state: RedialState, event: RedialEvent, now: number): RedialStep {
  switch (event.type) {
    case 'learned':
      return stay(learn(state, event.peer, event.addresses, now))
    case 'connected':
      return stay(onConnected(state, event.peer, now))
    case 'disconnected':
      return stay(onDisconnected(state, event.peer, now))
    case 'routed':
      return stay(onRouted(state, event.peer, event.isRelayed))
    case 'dial-failed':
      return stay(onDialFailed(state, event.peer, now))
    case 'redefined':
      return stay(onRedefined(state, event.rendezvous, now))
    case 'forgotten':
      return stay(onForgotten(state, event.peer))
    case 'tick':
      return onTick(state, now)
  }
}

function stay(state: RedialState): RedialStep {
  return { state, effects: [] }
}

function learn(state: RedialState, peer: PeerId, addresses: readonly string[], now: number): RedialState {
  if (peer === state.self) return state
  const known = state.candidates.get(peer)
  const kept = addresses.slice(0, MAX_ADDRESSES)
  if (known !== undefined && sameTexts(known.addresses, kept)) {
    const isFresh = now - seenAt(state, known) < state.options.persistMs
    return isFresh ? state : { ...state, candidates: withEntry(state.candidates, peer, { ...known, lastSeenAt: now }) }
  }
  const base = known ?? freshCandidate({ peer, addresses: kept }, now, now)
  const next: Candidate = { ...base, addresses: kept, lastSeenAt: now, retryAt: now }
  return bound({ ...state, candidates: withEntry(state.candidates, peer, next), isChanged: true }, now)
}

function sameTexts(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((text, index) => text === right[index])
}

/** Above the limit the one that was seen longest ago goes; never a rendezvous point or a connected peer. */
function bound(state: RedialState, now: number): RedialState {
  if (state.candidates.size <= state.options.maxPeers) return state
  let oldest: Candidate | undefined
  for (const [, one] of state.candidates) {
    const isSpare = !one.isRendezvous && !state.connected.has(one.peer)
    if (isSpare && (oldest === undefined || isOlder(one, oldest))) oldest = one
  }
  if (oldest === undefined || oldest.lastSeenAt > now) return state
  return { ...state, candidates: withoutEntry(state.candidates, oldest.peer) }
}

function isOlder(one: Candidate, other: Candidate): boolean {
  return one.lastSeenAt < other.lastSeenAt || (one.lastSeenAt === other.lastSeenAt && one.peer < other.peer)
}

function onConnected(state: RedialState, peer: PeerId, now: number): RedialState {
  const known = state.candidates.get(peer)
  const connected = new Set([...state.connected, peer])
  const dialing = without(state.dialing, peer)
  const base = known ?? freshCandidate({ peer, addresses: [] }, now, now)
  const candidate: Candidate = { ...base, lastSeenAt: now, isLost: false, failures: 0, retryAt: now }
  const candidates = withEntry(state.candidates, peer, candidate)
  return bound({ ...state, connected, dialing, candidates, isChanged: true }, now)
}

function onDisconnected(state: RedialState, peer: PeerId, now: number): RedialState {
  if (!state.connected.has(peer)) return state
  const next = { ...state, connected: without(state.connected, peer), relayed: without(state.relayed, peer) }
  const known = state.candidates.get(peer)
  if (known === undefined) return next
  // Two that lost each other must not both come back in the same moment.
  const retryAt = now + jittered(state.options.backoff.baseMs, 0.5, state.self, peer, state.rounds)
  return {
    ...next,
    // Failures until now were those of looking for a direct way.
    candidates: withEntry(state.candidates, peer, { ...known, lastSeenAt: now, isLost: true, failures: 0, retryAt }),
  }
}

function onRouted(state: RedialState, peer: PeerId, isRelayed: boolean): RedialState {
  if (!state.connected.has(peer)) return state
  if (isRelayed) return { ...state, relayed: new Set([...state.relayed, peer]) }
  return { ...state, relayed: without(state.relayed, peer), dialing: without(state.dialing, peer) }
}

function onDialFailed(state: RedialState, peer: PeerId, now: number): RedialState {
  if (!state.dialing.has(peer)) return state
  const next = { ...state, dialing: without(state.dialing, peer) }
  const known = state.candidates.get(peer)
  if (known === undefined) return next
  const failures = known.failures + 1
  return {
    ...next,
    candidates: withEntry(state.candidates, peer, { ...known, failures, retryAt: now + waitMs(state, known) }),
  }
}

/** Doubles from `baseMs` to `maxMs`, 20 % more or less. */
function waitMs(state: RedialState, candidate: Candidate): number {
  const { baseMs, maxMs } = state.options.backoff
  const full = Math.min(maxMs, baseMs * 2 ** Math.min(candidate.failures, 30))
  return jittered(full, 0.2, state.self, candidate.peer, candidate.failures)
}

function onRedefined(state: RedialState, rendezvous: RedialStart['rendezvous'], now: number): RedialState {
  const candidates = new Map([...state.candidates].map(([peer, one]) => [peer, { ...one, isRendezvous: false }]))
  for (const { peer, addresses } of rendezvous) {
    if (peer === state.self) continue
    const known = candidates.get(peer) ?? freshCandidate({ peer, addresses }, now, now)
    const kept = addresses.length > 0 ? addresses.slice(0, MAX_ADDRESSES) : known.addresses
    candidates.set(peer, { ...known, addresses: kept, lastSeenAt: now, isRendezvous: true, retryAt: now })
  }
  return { ...state, candidates, isChanged: true }
}

function onForgotten(state: RedialState, peer: PeerId): RedialState {
  const known = state.candidates.get(peer)
  if (known === undefined || known.isRendezvous) return state
  return { ...state, candidates: withoutEntry(state.candidates, peer), isChanged: true }
}

function without(set: ReadonlySet<PeerId>, peer: PeerId): ReadonlySet<PeerId> {
  if (!set.has(peer)) return set
  const next = new Set(set)
  next.delete(peer)
  return next
}

/** Whether a tick would do anything now. */
export function isRedialDue(state: RedialState, now: number): boolean {
  return isRoundDue(state, now) || missingOf(state) > 0 || isSavingDue(state, now)
}

/** When a tick would do something, if nothing else happens and it would do nothing now. */
export function redialDueAt({ nextRoundAt, isChanged, persistedAt, options }: RedialState): number {
  return isChanged ? Math.min(nextRoundAt, persistedAt + options.persistMs) : nextRoundAt
}

function isRoundDue({ nextRoundAt, options }: RedialState, now: number): boolean {
  // A wall clock that was set back must not put the next round off by hours.
  return now >= nextRoundAt || nextRoundAt - now > 2 * options.roundMs
}

/** Connections that are wanted beside those that stand or are under way. */
function missingOf({ options, connected, dialing }: RedialState): number {
  return options.target - connected.size - dialing.size
}

function isSavingDue({ isChanged, persistedAt, options }: RedialState, now: number): boolean {
  return isChanged && now - persistedAt >= options.persistMs
}

function onTick(state: RedialState, now: number): RedialStep {
  const isRound = isRoundDue(state, now)
  const missing = missingOf(state)
  if (!isRound && missing <= 0) return persist(state, now)
  const current = isRound ? beginRound(state, now) : state
  const free = current.options.maxDials - current.dialing.size
  const wanted = isRound ? [...inRound(current), ...detoured(current, now)] : []
  const due = missing > 0 ? dueOnes(current, now).slice(0, missing) : []
  const chosen = [...new Set([...wanted, ...due])].slice(0, Math.max(0, free))
  const dialed = dial(current, chosen, now)
  const saved = persist(dialed.state, now)
  return { state: saved.state, effects: [...dialed.effects, ...saved.effects] }
}

/** Old peers go; the next round comes after `roundMs`, not in step with that of others. */
function beginRound(state: RedialState, now: number): RedialState {
  const { keepMs, roundMs } = state.options
  let { candidates } = state
  for (const [peer, { isRendezvous, lastSeenAt }] of state.candidates) {
    const isOld = now - lastSeenAt > keepMs && !isRendezvous && !state.connected.has(peer)
    if (isOld) candidates = withoutEntry(candidates, peer)
  }
  const isChanged = state.isChanged || candidates.size < state.candidates.size
  const nextRoundAt = now + jittered(roundMs, 0.1, state.self, 'round', state.rounds)
  return { ...state, candidates, isChanged, rounds: state.rounds + 1, roundAt: now, nextRoundAt }
}

/** Those that may be dialed, of those that are wanted. */
function idle(state: RedialState, isWanted: (one: Candidate) => boolean): readonly Candidate[] {
  const found: Candidate[] = []
  for (const [, one] of state.candidates) {
    if (!isWanted(one) || one.addresses.length === 0) continue
    if (!state.connected.has(one.peer) && !state.dialing.has(one.peer)) found.push(one)
  }
  return found
}

/** Rendezvous points, then the lost peers that were not tried for longest. */
function inRound(state: RedialState): readonly Candidate[] {
  const ones = idle(state, (one) => one.isRendezvous || one.isLost)
  const byTry = (left: Candidate, right: Candidate) =>
    left.triedAt - right.triedAt || rank(state, left) - rank(state, right)
  const lost = ones.filter((one) => one.isLost && !one.isRendezvous).toSorted(byTry)
  return [...ones.filter((one) => one.isRendezvous).toSorted(byTry), ...lost.slice(0, state.options.roundPeers)]
}

/** Those behind a relay whose backoff is over; the ones that were not tried for longest. */
function detoured({ relayed, dialing, candidates, options }: RedialState, now: number): readonly Candidate[] {
  return [...relayed]
    .flatMap((peer) => candidates.get(peer) ?? [])
    .filter((one) => one.addresses.length > 0 && now >= one.retryAt && !dialing.has(one.peer))
    .toSorted((left, right) => left.triedAt - right.triedAt)
    .slice(0, options.roundPeers)
}

/** Those whose backoff is over: rendezvous points first, then those that failed least, each member in another order. */
function dueOnes(state: RedialState, now: number): readonly Candidate[] {
  return idle(state, (one) => now >= one.retryAt).toSorted(
    (left, right) =>
      Number(right.isRendezvous) - Number(left.isRendezvous) ||
      left.failures - right.failures ||
      rank(state, left) - rank(state, right),
  )
}

function rank(state: RedialState, candidate: Candidate): number {
  return spread(state.self, candidate.peer)
}

function dial(state: RedialState, chosen: readonly Candidate[], now: number): RedialStep {
  if (chosen.length === 0) return stay(state)
  let { candidates } = state
  const dialing = new Set(state.dialing)
  for (const one of chosen) {
    candidates = withEntry(candidates, one.peer, { ...one, triedAt: now })
    dialing.add(one.peer)
  }
  return {
    state: { ...state, candidates, dialing },
    effects: chosen.map(({ peer, addresses }) => ({ type: 'dial', peer, addresses })),
  }
}

function persist(state: RedialState, now: number): RedialStep {
  if (!isSavingDue(state, now)) return stay(state)
  return {
    state: { ...state, isChanged: false, persistedAt: now },
    effects: [{ type: 'persist', peers: rememberedPeers(state) }],
  }
}
