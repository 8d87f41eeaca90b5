import { onCompleted, onCompleteFailed, onHandshakeEnded, onPolled, onPollFailed, rejectClaim } from './claim.ts'
import { hangUp, nextConversation, unpair } from './conversation.ts'
import type { EventOf, PairingEvent } from './events.ts'
import { outageOf, type PairedState, type PairingState, type PhaseState, PIN_LIFE_MS } from './state.ts'
import { nextOutage, replacePin, requestPin, retrying, type Step, stay } from './step.ts'

/** How long after the end of its PIN an agreed claim is still told to a coordinator that does not answer. */
const COMPLETION_PATIENCE_MS = 5 * 60_000

/**
 * The pairing of a machine as a pure function: what happened, to where it stands and what is to be done. Total: an
 * event that does not fit (a late answer, a message out of order) changes nothing or ends the claim, and never throws.
 * `next.dot` draws it.
 */
export function nextPairing(state: PairingState, event: PairingEvent): Step {
  switch (event.type) {
    case 'start':
      return state.phase === 'unpaired' ? requestPin(state.guard, state.request) : stay(state)
    case 'tick':
      return onTick(state, event.at)
    case 'issued':
      return onIssued(state, event)
    case 'request-failed':
      return onRequestFailed(state, event)
    case 'polled':
      return onPolled(state, event)
    case 'poll-failed':
      return onPollFailed(state, event)
    case 'handshake-ended':
      return onHandshakeEnded(state, event)
    case 'completed':
      return onCompleted(state, event)
    case 'complete-failed':
      return onCompleteFailed(state, event)
    case 'message':
    case 'bad-message':
    case 'planned':
    case 'progressed':
    case 'applied':
      return nextConversation(state, event)
    case 'network-changed':
      return onNetworkChanged(state, event.at)
    case 'renew':
      return onRenew(state, event.at)
    case 'forgotten':
      return onForgotten(state)
  }
}

function onIssued(state: PairingState, event: EventOf<'issued'>): Step {
  const { at, pairingId, pin, verificationUrl } = event
  if (state.phase !== 'requesting' || state.request !== event.request) return stay(state)
  const { guard, request } = state
  const expiresAt = at + PIN_LIFE_MS
  const live = { pairingId, pin, expiresAt, verificationUrl, wrongTries: 0, endedClaims: [] }
  return {
    state: { phase: 'showing', live, outage: undefined, guard, request },
    effects: [
      { type: 'show', pin, expiresAt, verificationUrl },
      { type: 'poll', pairingId, isProbe: false },
    ],
  }
}

function onRequestFailed(state: PairingState, event: EventOf<'request-failed'>): Step {
  if (state.phase !== 'requesting' || state.request !== event.request) return stay(state)
  const { guard, request } = state
  const trouble = { cause: 'not-muster', detail: 'There is no pairing service at this address.' } as const
  const failure = event.failure.kind === 'gone' ? ({ kind: 'trouble', trouble, spread: 0.5 } as const) : event.failure
  return stay({ phase: 'offline', outage: nextOutage(state.outage?.failures ?? 0, failure, event.at), guard, request })
}

function onTick(state: PairingState, at: number): Step {
  switch (state.phase) {
    case 'offline':
      return at < state.outage.retryAt ? stay(state) : requestPin(state.guard, state.request, state.outage)
    case 'pausing':
      return at < state.until ? stay(state) : requestPin(state.guard, state.request)
    case 'showing':
      return at < state.live.expiresAt ? probe(state, at) : replacePin(state, at, true)
    case 'handshaking':
      return at < state.deadline ? probe(state, at) : rejectClaim(state, at, 'protocol')
    case 'completing':
      return completeAgain(state, at)
    case 'paired':
      return probeTalk(state, at)
    default:
      return stay(state)
  }
}

/**
 * Tries again at once, and then in short steps as at the beginning: name servers and routes may come a moment after the
 * address. A coordinator that has asked for a wait gets it.
 */
function onNetworkChanged(state: PairingState, at: number): Step {
  const outage = outageOf(state)
  if (outage === undefined || outage.trouble.retryAfterMs !== undefined) return stay(state)
  const now = { ...outage, failures: 0, retryAt: at }
  if (state.phase === 'paired')
    return onTick(state.talk === undefined ? state : { ...state, talk: { ...state.talk, outage: now } }, at)
  return 'outage' in state && state.phase !== 'requesting' ? onTick({ ...state, outage: now }, at) : stay(state)
}

/** After an outage, the mailbox is asked without waiting for news, so that the console soon tells the truth. */
function probe(state: PhaseState<'showing' | 'handshaking'>, at: number): Step {
  if (state.outage === undefined || at < state.outage.retryAt) return stay(state)
  return {
    state: { ...state, outage: retrying(state.outage) },
    effects: [{ type: 'poll', pairingId: state.live.pairingId, isProbe: true }],
  }
}

function probeTalk(state: PairedState, at: number): Step {
  const { talk } = state
  if (talk?.outage === undefined || at < talk.outage.retryAt) return stay(state)
  return {
    state: { ...state, talk: { ...talk, outage: retrying(talk.outage) } },
    effects: [{ type: 'poll', pairingId: talk.pairingId, isProbe: true }],
  }
}

function completeAgain(state: PhaseState<'completing'>, at: number): Step {
  if (state.outage === undefined || at < state.outage.retryAt) return stay(state)
  if (at >= state.live.expiresAt + COMPLETION_PATIENCE_MS) return replacePin(state, at, true)
  const { live, claimant } = state
  return {
    state: { ...state, outage: retrying(state.outage) },
    effects: [{ type: 'complete', pairingId: live.pairingId, claimId: claimant.claimId }],
  }
}

function onRenew(state: PairingState, at: number): Step {
  switch (state.phase) {
    case 'showing':
    case 'handshaking':
    case 'completing':
      return replacePin(state, at, true)
    case 'offline':
      return requestPin(state.guard, state.request, state.outage)
    case 'paired':
      return state.work.step === 'applying' ? stay({ ...state, isRenewWanted: true }) : unpair(state)
    case 'forgotten': {
      const next = requestPin({ burned: 0, lastBurnedAt: 0 }, state.request)
      return { state: next.state, effects: [{ type: 'forget' }, ...next.effects] }
    }
    case 'unpaired':
    case 'requesting':
    case 'pausing':
      // A new PIN is on its way; the pause after guesses is not for anybody to skip.
      return stay(state)
  }
}

function onForgotten(state: PairingState): Step {
  // While a context is being applied its end matters more; the next report tells again.
  if (state.phase !== 'paired' || state.work.step === 'applying') return stay(state)
  const { effects } = hangUp(state, 'removed')
  return { state: { phase: 'forgotten', machine: state.machine, request: state.request }, effects }
}
