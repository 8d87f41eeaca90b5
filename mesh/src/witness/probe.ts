import type { PeerId } from '../admission/membership.ts'
import { spread } from '../spread.ts'
import { type Step, withEntry, withoutEntry } from '../step.ts'
import type { WitnessEffect, WitnessEventOf } from './events.ts'
import { type Asker, MAX_ERRANDS, type Peer, type Probe, strained, type WitnessState } from './state.ts'
import { lifeFrom, settle } from './verdict.ts'

type WitnessStep = Step<WitnessState, WitnessEffect>

/** Probes a member directly and through others, unless that is going on; `attempt` chooses other relays. */
export function startProbe(state: WitnessState, id: PeerId, now: number, attempt = 0): WitnessStep {
  const peer = state.peers.get(id)
  if (peer === undefined || (peer.probe !== undefined && attempt === 0)) return { state, effects: [] }
  const relays = chooseRelays(state, id)
  return openProbe(state, id, peer, relays, peer.probe?.askers ?? [], attempt, now)
}

/**
 * Probes a suspected member before its time is over, so that this observer need not believe others alone. Of one witness it
 * makes two: then it looks through others as well, who tell an observer that is cut off from one that has lost the member.
 */
export function startLook(state: WitnessState, id: PeerId, now: number): WitnessStep {
  const peer = state.peers.get(id)
  if (peer === undefined || peer.probe !== undefined) return { state, effects: [] }
  const relays = peer.suspicions.size > 1 ? [] : chooseRelays(state, id)
  return openProbe(state, id, peer, relays, [], 0, now)
}

/** Probes on behalf of another member: directly only, for this one is the other way. */
export function probeFor(state: WitnessState, event: WitnessEventOf<'asked'>, now: number): WitnessStep {
  const peer = state.peers.get(event.peer)
  const asker = { peer: event.asker, token: event.token }
  if (peer === undefined) return runErrand(state, event.peer, asker)
  const { probe } = peer
  // It was tried just now, and nothing was heard of it since.
  const isKnownLost = peer.suspicions.has(state.self) && !isOwnLapsed(state, peer, now)
  if (isKnownLost && probe === undefined) return { state, effects: answers([asker], false) }
  if (probe === undefined) return openProbe(state, event.peer, peer, [], [asker], 0, now)
  if (!probe.isDirectOpen) {
    // What the asker wants to know is known. Two who lost the same member would otherwise wait for each other.
    const confirmed = { ...probe, confirmedBy: probe.confirmedBy + 1 }
    return { state: setProbe(state, event.peer, peer, confirmed), effects: answers([asker], false) }
  }
  const joined = { ...probe, askers: [...probe.askers, asker].slice(-MAX_ASKERS) }
  return { state: setProbe(state, event.peer, peer, joined), effects: [] }
}

const MAX_ASKERS = 16
const NO_SUSPICIONS: Peer['suspicions'] = new Map()

function runErrand(state: WitnessState, peer: PeerId, asker: Asker): WitnessStep {
  if (state.errands.size >= MAX_ERRANDS) return { state, effects: [] }
  const probe = state.probes + 1
  const timeoutMs = strained(state, state.options.probeTimeoutMs)
  return {
    state: { ...state, probes: probe, errands: withEntry(state.errands, probe, asker) },
    effects: [{ type: 'probe', peer, probe, timeoutMs, suspected: undefined }],
  }
}

/** The probe of a stranger ended; undefined when the number is of no errand. */
export function endErrand(state: WitnessState, probe: number, isReachable: boolean): WitnessStep | undefined {
  const asker = state.errands.get(probe)
  if (asker === undefined) return undefined
  return { state: { ...state, errands: withoutEntry(state.errands, probe) }, effects: answers([asker], isReachable) }
}

function openProbe(
  state: WitnessState,
  id: PeerId,
  peer: Peer,
  relays: readonly PeerId[],
  askers: readonly Asker[],
  attempt: number,
  now: number,
): WitnessStep {
  // Who asks waits for a common probe; one with the patience of a look would answer too late.
  const isLook = peer.suspicions.size > 0 && askers.length === 0
  const probeTimeoutMs = strained(state, isLook ? state.options.lookTimeoutMs : state.options.probeTimeoutMs)
  const relayTimeoutMs = strained(state, state.options.relayTimeoutMs)
  const probe = state.probes + 1
  const opened: Probe = {
    id: probe,
    attempt,
    isLook,
    deadline: now + (relays.length > 0 ? relayTimeoutMs : probeTimeoutMs) + 500,
    isDirectOpen: true,
    openRelays: relays.length,
    confirmedBy: 0,
    askers,
  }
  const suspected = peer.suspicions.size > 0 ? peer.version : undefined
  const asked = peer.askAgainAt === undefined ? peer : { ...peer, askAgainAt: undefined }
  return {
    state: { ...setProbe(state, id, asked, opened), probes: probe },
    effects: [
      { type: 'probe', peer: id, probe, timeoutMs: probeTimeoutMs, suspected },
      ...relays.map((relay) => ({ type: 'probe-through', relay, peer: id, probe, timeoutMs: relayTimeoutMs }) as const),
    ],
  }
}

/** Connected members that look well, the same cloud first, each observer and each probe in another order. */
function chooseRelays(state: WitnessState, id: PeerId): readonly PeerId[] {
  const cloud = state.peers.get(id)?.cloud
  const rank = (relay: PeerId) =>
    (state.peers.get(relay)?.cloud === cloud ? 0 : 1) + spread(state.self, id, relay, state.probes)
  return [...state.connected]
    .filter((relay) => relay !== id && state.peers.get(relay)?.status === 'alive')
    .map((relay) => ({ relay, rank: rank(relay) }))
    .sort((left, right) => left.rank - right.rank)
    .slice(0, state.options.relays)
    .map(({ relay }) => relay)
}

/** The member was reached, by whatever way: what anybody held against it is void, and it lives on for a lifetime. */
export function onReached(state: WitnessState, id: PeerId, now: number): WitnessStep {
  const peer = state.peers.get(id)
  if (peer === undefined) return { state, effects: [] }
  const isBack = peer.isBack || peer.probe?.isDirectOpen === false || peer.suspicions.has(state.self)
  const expiresAt = lifeFrom(peer, now)
  const cleared = {
    ...peer,
    heardAt: now,
    expiresAt,
    probe: undefined,
    suspicions: NO_SUSPICIONS,
    hasLooked: false,
    askAgainAt: undefined,
    isBack,
  }
  const next = settle({ ...state, peers: withEntry(state.peers, id, cleared) }, id, now)
  return { state: next.state, effects: [...answers(peer.probe?.askers ?? [], true), ...next.effects] }
}

/** This observer was wrong about somebody: until that is some time ago it gives everybody more time. */
export function strain(state: WitnessState, now: number): WitnessState {
  const { maxStrain, strainMs } = state.options
  return { ...state, strain: Math.min(maxStrain, state.strain + 1), relaxAt: now + strainMs }
}

/** The direct way failed. */
export function onProbeFailed(state: WitnessState, event: WitnessEventOf<'probe-failed'>, now: number): WitnessStep {
  const peer = state.peers.get(event.peer)
  if (peer?.probe?.id !== event.probe || !peer.probe.isDirectOpen) return { state, effects: [] }
  // Those who asked need no more than this; the probe itself may still wait for relays.
  const probe = {
    ...peer.probe,
    isDirectOpen: false,
    confirmedBy: peer.probe.confirmedBy + peer.probe.askers.length,
    askers: [],
  }
  const told = answers(peer.probe.askers, false)
  const looked = { ...peer, hasLooked: peer.hasLooked || probe.isLook }
  const next = concludeWhenClosed(setProbe(state, event.peer, looked, probe), event.peer, now)
  return { state: next.state, effects: [...told, ...next.effects] }
}

/** A relay told what it found, or did not answer. */
export function onRelayAnswered(
  state: WitnessState,
  event: WitnessEventOf<'relay-answered'>,
  now: number,
): WitnessStep {
  const peer = state.peers.get(event.peer)
  if (peer?.probe?.id !== event.probe || peer.probe.openRelays === 0) return { state, effects: [] }
  if (event.isReachable === true) return onReached(state, event.peer, now)
  const { probe } = peer
  const confirmedBy = probe.confirmedBy + (event.isReachable === false ? 1 : 0)
  const left = { ...probe, openRelays: probe.openRelays - 1, confirmedBy }
  return concludeWhenClosed(setProbe(state, event.peer, peer, left), event.peer, now)
}

/** A probe whose time is over counts as failed wherever it was still open. */
export function onProbeOverdue(state: WitnessState, id: PeerId, now: number): WitnessStep {
  const peer = state.peers.get(id)
  if (peer?.probe === undefined || now < peer.probe.deadline) return { state, effects: [] }
  const told = peer.probe.isDirectOpen ? answers(peer.probe.askers, false) : []
  const closed = { ...peer.probe, isDirectOpen: false, openRelays: 0, askers: [] }
  const looked = { ...peer, hasLooked: peer.hasLooked || closed.isLook }
  const next = concludeWhenClosed(setProbe(state, id, looked, closed), id, now)
  return { state: next.state, effects: [...told, ...next.effects] }
}

/**
 * When every way is closed, states a suspicion if somebody else could not reach the member either. An observer whose
 * relays did not even answer knows nothing: it may be the one that is cut off; it tries others, and again after a while.
 */
function concludeWhenClosed(state: WitnessState, id: PeerId, now: number): WitnessStep {
  const peer = state.peers.get(id)
  if (peer?.probe === undefined || peer.probe.isDirectOpen || peer.probe.openRelays > 0) return { state, effects: [] }
  const { confirmedBy, attempt, isLook } = peer.probe
  if (confirmedBy === 0 && !isLook && attempt + 1 < state.options.maxAttempts && chooseRelays(state, id).length > 0) {
    return startProbe(state, id, now, attempt + 1)
  }
  const ended: Peer = { ...peer, probe: undefined }
  if (confirmedBy === 0 || peer.hasLeft) {
    const suspicions = isOwnLapsed(state, peer, now) ? withoutEntry(peer.suspicions, state.self) : peer.suspicions
    const open = { ...ended, suspicions, askAgainAt: askAgainAt(state, id, ended, now) }
    return settle({ ...state, peers: withEntry(state.peers, id, open) }, id, now)
  }
  const mine = { about: peer.version, heardAt: now }
  const accused = { ...ended, suspicions: withEntry(peer.suspicions, state.self, mine) }
  const connected = new Set(state.connected)
  const dropped: readonly WitnessEffect[] = connected.delete(id) ? [{ type: 'hang-up', peer: id }] : []
  const settled = settle({ ...state, connected, peers: withEntry(state.peers, id, accused) }, id, now)
  const next = { state: settled.state, effects: [...dropped, ...settled.effects] }
  // A sick observer keeps to itself what it believes.
  if (state.sickAbout.has(peer.cloud)) return next
  return { state: next.state, effects: [{ type: 'suspect', peer: id, about: peer.version }, ...next.effects] }
}

/** Whether what this observer itself holds against a member is too old to count, unless it is found so anew. */
export function isOwnLapsed(state: WitnessState, peer: Peer, now: number): boolean {
  const own = peer.suspicions.get(state.self)
  return own !== undefined && now - own.heardAt >= strained(state, state.options.lapseMs)
}

/** When a member that cannot be reached is to be probed anew; undefined when it need not. */
function askAgainAt(state: WitnessState, id: PeerId, peer: Peer, now: number): number | undefined {
  if (!peer.isFollowed || peer.hasLeft || peer.status === 'gone' || state.connected.has(id)) return undefined
  return now + strained(state, state.options.askAgainMs)
}

function answers(askers: readonly Asker[], isReachable: boolean): readonly WitnessEffect[] {
  return askers.map(({ peer, token }) => ({ type: 'answer-asker', asker: peer, token, isReachable }))
}

function setProbe(state: WitnessState, id: PeerId, peer: Peer, probe: Probe): WitnessState {
  return { ...state, peers: withEntry(state.peers, id, { ...peer, probe }) }
}
