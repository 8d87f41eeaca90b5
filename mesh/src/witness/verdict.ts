import type { PeerId } from '../admission/membership.ts'
import { spread } from '../spread.ts'
import { type Step, withEntry, withoutEntry } from '../step.ts'
import type { WitnessEffect } from './events.ts'
import { type MemberStatus, type Peer, strained, type WitnessState } from './state.ts'
import { remainingSuspicionMs, suspectedSince } from './suspicion.ts'

type WitnessStep = Step<WitnessState, WitnessEffect>

/** When the suspicions of a member are old enough for the second condition of `gone`; undefined without two. */
export function goneAt(state: WitnessState, peer: Peer): number | undefined {
  const since = suspectedSince(peer.suspicions)
  if (since === undefined || peer.suspicions.size < 2) return undefined
  const waitMs = strained(state, remainingSuspicionMs(peer.suspicions.size - 1, 0, state.options.suspicion))
  // What a member says against its suspicion reaches only those who follow it; the others look twice as long.
  return since + (peer.isFollowed ? waitMs : 2 * waitMs)
}

/** When this observer should look for itself, so that it knows by `goneAt`; undefined when it has, or need not. */
export function lookAt(state: WitnessState, id: PeerId, peer: Peer): number | undefined {
  const { witnessesWithoutLook, lookTimeoutMs } = state.options
  if (peer.hasLooked || peer.suspicions.size >= witnessesWithoutLook) return undefined
  const at = goneAt(state, peer)
  return at === undefined ? loneLookAt(state, id, peer) : at - strained(state, lookTimeoutMs)
}

/**
 * One witness is not believed, but not left alone either: in what a cut leaves of a small cluster nobody else may have had
 * a connection to those on the other side, and their records last for minutes.
 */
function loneLookAt(state: WitnessState, id: PeerId, peer: Peer): number | undefined {
  const since = suspectedSince(peer.suspicions)
  if (since === undefined || !peer.isFollowed || peer.suspicions.has(state.self)) return undefined
  return since + state.options.loneLookMs * (1 + spread(state.self, id))
}

/** Status by the evidence alone, without doubt about the observer. */
function evidence(state: WitnessState, id: PeerId, peer: Peer, now: number): MemberStatus {
  if (peer.hasLeft) return 'left'
  const isConnected = state.connected.has(id)
  // Who has the connection believes the connection; libp2p pings it.
  if (isConnected) return peer.suspicions.size > 0 ? 'suspect' : 'alive'
  if (now >= peer.expiresAt) return 'gone'
  const at = goneAt(state, peer)
  if (at !== undefined && now >= at && lookAt(state, id, peer) === undefined) return 'gone'
  return peer.suspicions.size > 0 ? 'suspect' : 'alive'
}

/**
 * Sets the status of one member anew and says so when it changed. A member that is not followed and has run out is
 * forgotten, not gone: nothing was to be heard of it.
 */
export function settle(state: WitnessState, id: PeerId, now: number): WitnessStep {
  const peer = state.peers.get(id)
  if (peer === undefined) return { state, effects: [] }
  if (!peer.isFollowed && now >= peer.expiresAt && !state.connected.has(id)) return forget(state, id)
  const shown = evidence(state, id, peer, now)
  const isNewlyGone = shown === 'gone' && peer.status !== 'gone'
  const isDoubted = isNewlyGone && isSelfInDoubt(state, peer.cloud, now)
  const to = isDoubted ? 'suspect' : shown
  if (to === peer.status) return { state, effects: [] }
  return {
    state: { ...state, peers: withEntry(state.peers, id, { ...peer, status: to, statusSince: now }) },
    effects: [{ type: 'status-changed', peer: id, from: peer.status, to }],
  }
}

/** Too many of the member's cloud, or of the own one, look lost. */
function isSelfInDoubt(state: WitnessState, cloud: string, now: number): boolean {
  if (state.sickAbout.has(cloud) || state.sickAbout.has(state.cloud)) return true
  const counts = countLost(state, now)
  return looksSick(state, counts.get(cloud)) || looksSick(state, counts.get(state.cloud))
}

/** Drops all that is known of a member. */
export function forget(state: WitnessState, id: PeerId): WitnessStep {
  const peer = state.peers.get(id)
  if (peer === undefined) return { state, effects: [] }
  return {
    state: { ...state, peers: withoutEntry(state.peers, id) },
    effects: [{ type: 'status-changed', peer: id, from: peer.status, to: undefined }],
  }
}

interface Count {
  lost: number
  of: number
}

/**
 * Doubts or trusts this observer anew, by cloud, before anybody is called gone: more than `sickShare` and more than
 * `sickCount` of a cloud's members look lost within one window. Those that were silent for two thirds of their lifetime
 * count as lost, so that a cut observer doubts itself before the first expiry and not after half of them.
 */
export function examineSelf(state: WitnessState, now: number): WitnessStep {
  const sickAbout = new Set<string>()
  const effects: WitnessEffect[] = []
  for (const [cloud, count] of countLost(state, now)) {
    if (!looksSick(state, count)) continue
    sickAbout.add(cloud)
    if (!state.sickAbout.has(cloud)) effects.push({ type: 'sick', cloud, ...count })
  }
  for (const cloud of state.sickAbout) if (!sickAbout.has(cloud)) effects.push({ type: 'well', cloud })
  return effects.length === 0 ? { state, effects } : { state: { ...state, sickAbout }, effects }
}

function looksSick({ options }: WitnessState, count: Count | undefined): boolean {
  return count !== undefined && count.lost > options.sickCount && count.lost > options.sickShare * count.of
}

function countLost(state: WitnessState, now: number): ReadonlyMap<string, Count> {
  const counts = new Map<string, Count>()
  for (const [id, peer] of state.peers) {
    const isOld = peer.status === 'gone' && now - peer.statusSince > state.options.sickWindowMs
    if (peer.hasLeft || isOld || !(peer.isFollowed || state.connected.has(id))) continue
    const count = counts.get(peer.cloud) ?? { lost: 0, of: 0 }
    count.of += 1
    if (looksLost(state, id, peer, now)) count.lost += 1
    counts.set(peer.cloud, count)
  }
  return counts
}

function looksLost(state: WitnessState, id: PeerId, peer: Peer, now: number): boolean {
  if (state.connected.has(id)) return false
  if (peer.status === 'gone' || peer.suspicions.size > 0) return true
  return isSilent(peer, now)
}

/** The end of the lifetime of a member that gives a sign of life now. */
export function lifeFrom(peer: Peer, now: number): number {
  return Math.max(peer.expiresAt, now + (peer.expiresAt - peer.heardAt))
}

/** Whether two thirds of the lifetime went by without a word. */
export function isSilent(peer: Peer, now: number): boolean {
  return now - peer.heardAt > ((peer.expiresAt - peer.heardAt) * 2) / 3
}

/** When a look or a verdict about a suspected member is due; an open probe has its own deadline. */
function verdictAt(state: WitnessState, id: PeerId, peer: Peer): number | undefined {
  const look = lookAt(state, id, peer)
  if (look === undefined) return goneAt(state, peer)
  return peer.probe === undefined ? look : undefined
}

/** When the state changes by time alone: the next expiry, end of a suspicion or of a probe; Infinity when never. */
export function wakeAt(state: WitnessState): number {
  let at = Number.POSITIVE_INFINITY
  for (const [id, peer] of state.peers) {
    if (peer.probe !== undefined) at = Math.min(at, peer.probe.deadline)
    if (peer.hasLeft || peer.status === 'gone' || state.connected.has(id)) continue
    if (state.sickAbout.has(peer.cloud) || state.sickAbout.has(state.cloud)) continue
    at = Math.min(at, peer.expiresAt, peer.askAgainAt ?? at, verdictAt(state, id, peer) ?? at)
  }
  return at
}
