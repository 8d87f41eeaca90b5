import type { PeerId } from '../admission/membership.ts'
import type { Calm, Peer, WitnessState } from './state.ts'

/** Roundings of a third of a lifetime must not make an end of calm too late. */
const ROUNDING_MS = 1

/** When a tick may next change something; undefined when the next one may. */
export function calmUntil({ calm, peers, connected }: WitnessState): number | undefined {
  return calm?.peers === peers && calm.connected === connected ? calm.until : undefined
}

/**
 * Looks whether everybody is well and, then, when the first may cease to be. Only for a state that a tick has just left
 * as it was: so what it says about its observer is settled, and time alone makes nobody look lost before `until`.
 */
export function findCalm(state: WitnessState): Calm | undefined {
  if (state.sickAbout.size > 0) return undefined
  const { peers, connected } = state
  let until = state.strain > 0 ? state.relaxAt : Number.POSITIVE_INFINITY
  for (const [id, peer] of peers) {
    const at = calmEndOf(state, id, peer)
    if (at === undefined) return undefined
    if (at < until) until = at
  }
  return { peers, connected, until }
}

/** Calm goes on when a member that was well has given a sign of life: `heard` is a state with this member anew. */
export function keepCalm(before: WitnessState, heard: WitnessState, id: PeerId): WitnessState {
  const until = calmUntil(before)
  const peer = heard.peers.get(id)
  if (until === undefined || peer === undefined || heard.connected !== before.connected) return heard
  const at = calmEndOf(heard, id, peer)
  if (at === undefined) return heard
  return { ...heard, calm: { peers: heard.peers, connected: heard.connected, until: Math.min(until, at) } }
}

/** When time alone may change how a member looks, if it is well or settled; undefined when it is neither. */
function calmEndOf(state: WitnessState, id: PeerId, peer: Peer): number | undefined {
  if (peer.probe !== undefined || peer.status === 'suspect') return undefined
  const isOver = peer.status === 'gone' || peer.status === 'left'
  if ((peer.suspicions.size > 0 || peer.askAgainAt !== undefined) && !isOver) return undefined
  const forgottenAt = isOver ? peer.statusSince + state.options.keepMs : Number.POSITIVE_INFINITY
  if (state.connected.has(id)) return forgottenAt
  if (!peer.isFollowed) return Math.min(forgottenAt, peer.expiresAt)
  return isOver ? forgottenAt : peer.heardAt + ((peer.expiresAt - peer.heardAt) * 2) / 3 - ROUNDING_MS
}
