import type { CallFailure, PairingEffect } from './events.ts'
import {
  FIRST_PAUSE_MS,
  FIRST_RETRY_MS,
  FORGOTTEN_AT_ONCE_WAIT_MS,
  type Guard,
  LONGEST_PAUSE_MS,
  LONGEST_RETRY_MS,
  MAX_CLAIMS,
  type Outage,
  PAUSE_MEMORY_MS,
  type PairingState,
  type PhaseState,
  PIN_LIFE_MS,
} from './state.ts'

/** A new state, and what is to be done on the way to it. */
export interface Step {
  readonly state: PairingState
  readonly effects: readonly PairingEffect[]
}

/** A state in which a PIN lives. */
export type LiveState = PhaseState<'showing' | 'handshaking' | 'completing'>

/** Longest wait that a coordinator may ask for; more would look like a dead machine. */
const LONGEST_ASKED_WAIT_MS = 10 * 60_000
/** A PIN that is lost earlier than this after its issue was never usable. */
const USABLE_AFTER_MS = 10_000

/** Nothing changes. */
export function stay(state: PairingState): Step {
  return { state, effects: [] }
}

/** Asks for a PIN, perhaps after failures in a row. */
export function requestPin(guard: Guard, lastRequest: number, after?: Outage): Step {
  const request = lastRequest + 1
  return {
    state: { phase: 'requesting', guard, request, outage: after === undefined ? undefined : retrying(after) },
    effects: [{ type: 'request', request }],
  }
}

/** One more failure: when to try again. */
export function nextOutage(before: number, failure: Extract<CallFailure, { kind: 'trouble' }>, at: number): Outage {
  const full = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(before, 20))
  const asked = Math.min(failure.trouble.retryAfterMs ?? 0, LONGEST_ASKED_WAIT_MS)
  const waitMs = Math.max(full * (0.75 + 0.5 * failure.spread), asked)
  return { trouble: failure.trouble, failures: before + 1, retryAt: at + Math.round(waitMs) }
}

/** The outage while it is being tried again. */
export function retrying(outage: Outage): Outage {
  return { ...outage, retryAt: Number.POSITIVE_INFINITY }
}

/**
 * Ends a PIN; the next one is asked for at once, or after a pause when somebody may have guessed. A PIN that ends in
 * any other way after a wrong try counts as burned too: else a coordinator could forget each PIN after two guesses and
 * never meet the pause.
 *
 * @param isKnown - whether the coordinator still has the pairing and must be told
 */
export function replacePin(state: LiveState, at: number, isKnown: boolean): Step {
  const { live, guard, request } = state
  const effects: PairingEffect[] = []
  if (state.phase !== 'showing') effects.push({ type: 'drop-keys', claimId: state.claimant.claimId })
  effects.push({ type: 'clear' })
  if (isKnown) effects.push({ type: 'burn', pairingId: live.pairingId })

  if (live.wrongTries > 0 || live.endedClaims.length >= MAX_CLAIMS) {
    const burned = burn(guard, at)
    return { state: { phase: 'pausing', until: at + pauseMs(burned), guard: burned, request }, effects }
  }
  const livedMs = at - (live.expiresAt - PIN_LIFE_MS)
  if (!isKnown && livedMs < USABLE_AFTER_MS) {
    const trouble = { cause: 'server', detail: 'The coordinator forgot a PIN that it had just issued.' } as const
    const outage = { trouble, failures: 1, retryAt: at + FORGOTTEN_AT_ONCE_WAIT_MS }
    return { state: { phase: 'offline', outage, guard, request }, effects }
  }
  const next = requestPin(guard, request)
  return { state: next.state, effects: [...effects, ...next.effects] }
}

/** Pause before the PIN after the last burned one. */
export function pauseMs(guard: Guard): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(guard.burned - 1, 20))
}

function burn(guard: Guard, at: number): Guard {
  const isOld = at - guard.lastBurnedAt >= PAUSE_MEMORY_MS
  return { burned: isOld ? 1 : guard.burned + 1, lastBurnedAt: at }
}
