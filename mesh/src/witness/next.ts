import type { PeerId } from '../admission/membership.ts'
import { compareVersions, type Version } from '../records/order.ts'
import { type Step, withEntry } from '../step.ts'
import { calmUntil, findCalm, keepCalm } from './calm.ts'
import type { WitnessEffect, WitnessEvent, WitnessEventOf } from './events.ts'
import {
  endErrand,
  isOwnLapsed,
  onProbeFailed,
  onProbeOverdue,
  onReached,
  onRelayAnswered,
  probeFor,
  startLook,
  startProbe,
  strain,
} from './probe.ts'
import { MAX_SUSPECTS_PER_WITNESS, MAX_WITNESSES, type Peer, strained, type WitnessState } from './state.ts'
import { suspectedSince } from './suspicion.ts'
import { examineSelf, forget, goneAt, isSilent, lifeFrom, lookAt, settle } from './verdict.ts'

type WitnessStep = Step<WitnessState, WitnessEffect>

/**
 * What one member knows of the life of the others, as a pure function. Total: an event about somebody unknown or an
 * answer to an old probe changes nothing. `next.dot` draws the four states.
 *
 * @param now - milliseconds of a monotonic clock, never less than before; a step of `freezeMs` or more means that this
 *   process stood still, and then what it would conclude from the silence is dropped before the event is looked at
 */
export function nextWitness(state: WitnessState, event: WitnessEvent, now: number): WitnessStep {
  const thawed = thaw(state, now)
  const next = react(thawed.state, event, now)
  return thawed.effects.length === 0 ? next : { state: next.state, effects: [...thawed.effects, ...next.effects] }
}

function react(state: WitnessState, event: WitnessEvent, now: number): WitnessStep {
  switch (event.type) {
    case 'heard':
      return onHeard(state, event, now)
    case 'departed':
      return onDeparted(state, event, now)
    case 'connected':
      return onReached({ ...state, connected: new Set([...state.connected, event.peer]) }, event.peer, now)
    case 'disconnected':
      return onDisconnected(state, event, now)
    case 'suspected':
      return onSuspected(state, event, now)
    case 'probe-answered':
      return endErrand(state, event.probe, true) ?? onAnswered(state, event, now)
    case 'probe-failed':
      return endErrand(state, event.probe, false) ?? onProbeFailed(state, event, now)
    case 'relay-answered':
      return onRelayAnswered(state, event, now)
    case 'asked':
      return probeFor(state, event, now)
    case 'confirmed-gone':
      return forget(state, event.peer)
    case 'tick':
      return onTick(state, now)
  }
}

function onAnswered(state: WitnessState, event: WitnessEventOf<'probe-answered'>, now: number): WitnessStep {
  const isCurrent = state.peers.get(event.peer)?.probe?.id === event.probe
  return isCurrent ? onReached(state, event.peer, now) : { state, effects: [] }
}

/** After a standstill: open probes and own suspicions are void, and everybody gets the lost time added. */
function thaw(state: WitnessState, now: number): WitnessStep {
  const frozenMs = now - state.seenAt
  const seen = { ...state, seenAt: now }
  if (frozenMs < state.options.freezeMs) return { state: seen, effects: [] }
  const peers = new Map<PeerId, Peer>()
  for (const [id, peer] of state.peers) {
    const suspicions = new Map(peer.suspicions)
    suspicions.delete(state.self)
    const heardAt = peer.heardAt + frozenMs
    const expiresAt = peer.expiresAt + frozenMs
    peers.set(id, { ...peer, heardAt, expiresAt, suspicions, probe: undefined, hasLooked: false })
  }
  return { state: { ...seen, peers }, effects: [{ type: 'thawed', frozenMs }] }
}

function onHeard(state: WitnessState, event: WitnessEventOf<'heard'>, now: number): WitnessStep {
  const { peer: id, version, cloud } = event
  if (id === state.self) return { state, effects: [] }
  const known = state.peers.get(id)
  if (known === undefined) return meet(state, event, now)
  const isFollowed = known.isFollowed || event.isFollowed
  if (compareVersions(version, known.version) <= 0) {
    if (isFollowed === known.isFollowed) return { state, effects: [] }
    return { state: { ...state, peers: withEntry(state.peers, id, { ...known, isFollowed }) }, effects: [] }
  }
  const suspicions = stillAbout(known.suspicions, version)
  const hasLeft = known.hasLeft && version.bootId === known.version.bootId
  const peer: Peer = {
    ...known,
    cloud,
    version,
    heardAt: now,
    expiresAt: now + event.ttlMs,
    isFollowed,
    hasLeft,
    suspicions,
    hasLooked: known.hasLooked && suspicions.size > 0,
    askAgainAt: undefined,
    isBack: false,
  }
  const wasMine = known.suspicions.has(state.self) && !suspicions.has(state.self)
  const wasWrong = (known.isBack || wasMine) && version.bootId === known.version.bootId
  const sorry = wasWrong ? strain(state, now) : state
  const next = settle({ ...sorry, peers: withEntry(state.peers, id, peer) }, id, now)
  // It may have been on its way since before the loss: whoever lost the member looks again.
  if (!wasMine || state.connected.has(id)) {
    return wasWrong || next.effects.length > 0 ? next : { ...next, state: keepCalm(state, next.state, id) }
  }
  const again = startProbe(next.state, id, now)
  return { state: again.state, effects: [...next.effects, ...again.effects] }
}

/** Those suspicions that are not refuted by a statement of this version. */
function stillAbout(suspicions: Peer['suspicions'], version: Version): Peer['suspicions'] {
  if (suspicions.size === 0) return suspicions
  return new Map([...suspicions].filter(([, { about }]) => compareVersions(about, version) >= 0))
}

function meet(state: WitnessState, event: WitnessEventOf<'heard'>, now: number): WitnessStep {
  if (state.peers.size >= state.options.maxPeers) return { state, effects: [] }
  const peer: Peer = {
    cloud: event.cloud,
    version: event.version,
    heardAt: now,
    expiresAt: now + event.ttlMs,
    isFollowed: event.isFollowed,
    hasLeft: false,
    probe: undefined,
    suspicions: new Map(),
    hasLooked: false,
    askAgainAt: undefined,
    isBack: false,
    status: 'alive',
    statusSince: now,
  }
  return {
    state: { ...state, peers: withEntry(state.peers, event.peer, peer) },
    effects: [{ type: 'status-changed', peer: event.peer, from: undefined, to: 'alive' }],
  }
}

function onDeparted(state: WitnessState, event: WitnessEventOf<'departed'>, now: number): WitnessStep {
  const peer = state.peers.get(event.peer)
  if (peer === undefined || compareVersions(event.version, peer.version) < 0) return { state, effects: [] }
  const left: Peer = { ...peer, version: event.version, hasLeft: true, probe: undefined, suspicions: new Map() }
  return settle({ ...state, peers: withEntry(state.peers, event.peer, left) }, event.peer, now)
}

function onDisconnected(state: WitnessState, event: WitnessEventOf<'disconnected'>, now: number): WitnessStep {
  if (!state.connected.has(event.peer)) return { state, effects: [] }
  const connected = new Set(state.connected)
  connected.delete(event.peer)
  const peer = state.peers.get(event.peer)
  if (event.isAsked || peer === undefined || peer.hasLeft) return settle({ ...state, connected }, event.peer, now)
  // Until now the connection spoke for it, whatever became of its records.
  const lasting = { ...peer, heardAt: now, expiresAt: lifeFrom(peer, now) }
  return startProbe({ ...state, connected, peers: withEntry(state.peers, event.peer, lasting) }, event.peer, now)
}

function onSuspected(state: WitnessState, event: WitnessEventOf<'suspected'>, now: number): WitnessStep {
  const { witness, peer: id, about } = event
  if (id === state.self) return { state, effects: [{ type: 'refute', above: about }] }
  const peer = state.peers.get(id)
  if (peer === undefined || peer.hasLeft || witness === id || witness === state.self) return { state, effects: [] }
  if (!counts(state, peer, event)) return { state, effects: [] }
  // A witness that does not follow the member's records knows an old version of it; what it says now is about the newest.
  const newest = compareVersions(about, peer.version) > 0 ? about : peer.version
  const suspicions = withEntry(peer.suspicions, witness, { about: newest, heardAt: now })
  const next = settle({ ...state, peers: withEntry(state.peers, id, { ...peer, suspicions }) }, id, now)
  if (!state.connected.has(id)) return next
  // Who has a connection to the suspect looks at once: it saves the suspect or becomes a witness.
  const probed = startProbe(next.state, id, now)
  return { state: probed.state, effects: [...next.effects, ...probed.effects] }
}

function counts(state: WitnessState, peer: Peer, event: WitnessEventOf<'suspected'>): boolean {
  const { witness, about, isLive } = event
  if (isLive ? about.bootId < peer.version.bootId : compareVersions(about, peer.version) < 0) return false
  const known = peer.suspicions.get(witness)
  if (known !== undefined) return compareVersions(about, known.about) > 0
  if (peer.suspicions.size >= MAX_WITNESSES || state.peers.get(witness)?.status === 'gone') return false
  let held = 0
  for (const other of state.peers.values()) if (other.suspicions.has(witness)) held += 1
  return held < MAX_SUSPECTS_PER_WITNESS
}

function onTick(state: WitnessState, now: number): WitnessStep {
  if (now < (calmUntil(state) ?? now)) return { state, effects: [] }
  const next = lookAtAll(state, now)
  const isSettled = next.state.peers === state.peers && next.state.connected === state.connected
  return isSettled ? { ...next, state: { ...next.state, calm: findCalm(next.state) } } : next
}

function lookAtAll(state: WitnessState, now: number): WitnessStep {
  const effects: WitnessEffect[] = []
  let current = state
  const take = (step: WitnessStep) => {
    current = step.state
    effects.push(...step.effects)
  }
  for (const [id, { probe }] of state.peers) if (probe !== undefined) take(onProbeOverdue(current, id, now))
  if (now >= current.relaxAt && current.strain > 0) {
    current = { ...current, strain: current.strain - 1, relaxAt: now + current.options.strainMs }
  }
  for (const [id, peer] of current.peers) if (hasLapsed(current, peer, now)) take(dropLapsed(current, id, peer, now))
  take(examineSelf(current, now))
  for (const [id, peer] of current.peers) if (isToAsk(current, id, peer, now)) take(startProbe(current, id, now))
  for (const [id, peer] of current.peers) if (isToLook(current, id, peer, now)) take(startLook(current, id, now))
  for (const [id, peer] of current.peers) if (mayChange(current, id, peer, now)) take(settleOld(current, id, peer, now))
  return { state: current, effects }
}

/**
 * What became of it is open since its connection was lost; or nothing was heard for two thirds of the lifetime: time to
 * look before it expires. A member whose records have lost their way is reached by another one.
 */
function isToAsk(state: WitnessState, id: PeerId, peer: Peer, now: number): boolean {
  if (peer.status === 'gone' || peer.hasLeft || !peer.isFollowed || state.connected.has(id)) return false
  if (peer.probe !== undefined || peer.suspicions.has(state.self) || now >= peer.expiresAt) return false
  // Who doubts itself concludes nothing from it: then it need not ask.
  const isDue = now >= (peer.askAgainAt ?? Number.POSITIVE_INFINITY) && !isDoubted(state, peer)
  return isDue || isSilent(peer, now)
}

/** Spares the work of settling members about whom time alone changes nothing. */
function mayChange(state: WitnessState, id: PeerId, peer: Peer, now: number): boolean {
  // Nobody would tell this observer that it was wrong about one that it does not follow.
  if (!peer.isFollowed && now >= peer.expiresAt) return !state.connected.has(id)
  if (peer.status === 'gone' || peer.status === 'left') return now - peer.statusSince >= state.options.keepMs
  if (state.connected.has(id)) return false
  return now >= peer.expiresAt || now >= (goneAt(state, peer) ?? Number.POSITIVE_INFINITY)
}

/** The oldest suspicion is too old to count, and was not enough until now. */
function hasLapsed(state: WitnessState, peer: Peer, now: number): boolean {
  if (peer.suspicions.size === 0 || peer.status === 'gone' || peer.probe !== undefined) return false
  const since = suspectedSince(peer.suspicions) ?? now
  return now - since >= strained(state, state.options.lapseMs) && !isDoubted(state, peer)
}

function isDoubted(state: WitnessState, peer: Peer): boolean {
  return state.sickAbout.has(peer.cloud) || state.sickAbout.has(state.cloud)
}

/**
 * Forgets what is too old to count. What this observer holds against a member itself is not forgotten but tried anew, for
 * it does know that it cannot reach it.
 */
function dropLapsed(state: WitnessState, id: PeerId, peer: Peer, now: number): WitnessStep {
  const oldest = now - strained(state, state.options.lapseMs)
  const suspicions = new Map(
    [...peer.suspicions].filter(([witness, { heardAt }]) => heardAt > oldest || witness === state.self),
  )
  const hasLooked = peer.hasLooked && suspicions.size > 0
  const lapsed = settle({ ...state, peers: withEntry(state.peers, id, { ...peer, suspicions, hasLooked }) }, id, now)
  if (!isOwnLapsed(state, peer, now)) return lapsed
  const again = startProbe(lapsed.state, id, now)
  return { state: again.state, effects: [...lapsed.effects, ...again.effects] }
}

function isToLook(state: WitnessState, id: PeerId, peer: Peer, now: number): boolean {
  if (peer.suspicions.size === 0 || peer.probe !== undefined || peer.status === 'gone') return false
  return !peer.hasLeft && !state.connected.has(id) && now >= (lookAt(state, id, peer) ?? Number.POSITIVE_INFINITY)
}

function settleOld(state: WitnessState, id: PeerId, peer: Peer, now: number): WitnessStep {
  const isOld = (peer.status === 'gone' || peer.status === 'left') && now - peer.statusSince >= state.options.keepMs
  return isOld ? forget(state, id) : settle(state, id, now)
}
