import type { PeerId } from '@muster/mesh/admission/membership.ts'
import type { WitnessEffect, WitnessEvent } from '@muster/mesh/witness/events.ts'
import { nextWitness } from '@muster/mesh/witness/next.ts'
import { initialWitness, statusOf, type WitnessState } from '@muster/mesh/witness/state.ts'

export const TTL_MS = 90_000

/** Plays events into an observer and keeps what it wanted done. */
export function observer() {
  let state: WitnessState = initialWitness('me', 'a', 0)
  let now = 0
  const effects: WitnessEffect[] = []
  const play = {
    at(ms: number, event: WitnessEvent) {
      // Ticks as a process has them, so that the observer does not take the pause for a standstill.
      while (now + 1_000 < ms) play.step(now + 1_000, { type: 'tick' })
      return play.step(ms, event)
    },
    step(ms: number, event: WitnessEvent) {
      now = ms
      const next = nextWitness(state, event, now)
      state = next.state
      effects.push(...next.effects)
      return next.effects
    },
    hear(ms: number, peer: PeerId, sequence = 0, cloud = 'a', bootId = 1) {
      return play.at(ms, { type: 'heard', peer, cloud, version: { bootId, sequence }, ttlMs: TTL_MS, isFollowed: true })
    },
    status: (peer: PeerId) => statusOf(state, peer),
    state: () => state,
    effects,
  }
  return play
}

/** Somebody accuses a member. */
export function suspectedBy(witness: PeerId, peer: PeerId, sequence = 0): WitnessEvent {
  return { type: 'suspected', witness, peer, about: { bootId: 1, sequence }, isLive: false }
}

/** An observer that is connected to a few members of its cloud. */
export function connectedTo(...peers: readonly PeerId[]) {
  const me = observer()
  for (const peer of peers) {
    me.hear(0, peer)
    me.at(0, { type: 'connected', peer })
  }
  return me
}

/** Number of the direct probe among the effects. */
export function probeOf(effects: readonly WitnessEffect[]): number {
  const probe = effects.find((effect) => effect.type === 'probe')
  if (probe === undefined) throw new Error('no probe')
  return probe.probe
}
