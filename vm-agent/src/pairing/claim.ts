import { closeTalk, nextConversation } from './conversation.ts'
import type { EventOf, PairingEffect } from './events.ts'
import {
  type Claimant,
  HANDSHAKE_LIMIT_MS,
  type LivePin,
  MAX_CLAIMS,
  MAX_WRONG_TRIES,
  type PairedState,
  type PairingState,
  type PhaseState,
} from './state.ts'
import { nextOutage, replacePin, type Step, stay } from './step.ts'

type InUse = PhaseState<'showing' | 'handshaking'>

/** The mailbox answered. */
export function onPolled(state: PairingState, event: EventOf<'polled'>): Step {
  switch (state.phase) {
    case 'showing':
    case 'handshaking':
      return state.live.pairingId === event.pairingId ? onMailbox(state, event) : stay(state)
    case 'paired':
      return state.talk?.pairingId === event.pairingId ? onTalkPolled(state, event) : stay(state)
    default:
      // While completing, the coordinator's answer to that decides; the mailbox is asked again afterwards.
      return stay(state)
  }
}

function onMailbox(state: InUse, event: EventOf<'polled'>): Step {
  const poll = { type: 'poll', pairingId: event.pairingId, isProbe: false } as const
  switch (event.mailbox) {
    case 'waiting':
      return withPoll(state.phase === 'handshaking' ? endClaim(state, event.at) : backToShowing(state), poll)
    case 'claimed':
      return withPoll(onClaimed(state, event), poll)
    case 'completed':
    case 'burned':
    case 'expired':
      return replacePin(state, event.at, false)
  }
}

function onClaimed(state: InUse, event: EventOf<'polled'>): Step {
  const { claimant, at } = event
  const current = state.phase === 'handshaking' ? state.claimant.claimId : undefined
  const isNews = claimant !== undefined && claimant.claimId !== current
  if (!isNews || state.live.endedClaims.includes(claimant.claimId)) return stay({ ...state, outage: undefined })
  if (state.phase === 'showing') return beginHandshake(state, claimant, at)
  const ended = endClaim(state, at)
  if (ended.state.phase !== 'showing') return ended
  const begun = beginHandshake(ended.state, claimant, at)
  return { state: begun.state, effects: [...ended.effects, ...begun.effects] }
}

function beginHandshake(state: InUse, claimant: Claimant, at: number): Step {
  const { live, guard, request } = state
  return {
    state: {
      phase: 'handshaking',
      live,
      claimant,
      deadline: at + HANDSHAKE_LIMIT_MS,
      guard,
      request,
      outage: undefined,
    },
    effects: [{ type: 'begin-handshake', pairingId: live.pairingId, claimant }],
  }
}

/** The claim in progress led to nothing. */
function endClaim(state: PhaseState<'handshaking'>, at: number, wrongTries = 0): Step {
  const { claimant, live, guard, request } = state
  const spent: LivePin = {
    ...live,
    wrongTries: live.wrongTries + wrongTries,
    endedClaims: [...live.endedClaims, claimant.claimId],
  }
  const isSpent = spent.wrongTries >= MAX_WRONG_TRIES || spent.endedClaims.length >= MAX_CLAIMS
  if (isSpent || at >= live.expiresAt) return replacePin({ ...state, live: spent }, at, true)
  return {
    state: { phase: 'showing', live: spent, outage: undefined, guard, request },
    effects: [{ type: 'drop-keys', claimId: claimant.claimId }],
  }
}

function backToShowing(state: PhaseState<'showing'>): Step {
  return stay({ ...state, outage: undefined })
}

/** Goes on asking as long as this pairing lives. */
function withPoll(step: Step, poll: Extract<PairingEffect, { type: 'poll' }>): Step {
  const isAlive = step.state.phase === 'showing' || step.state.phase === 'handshaking'
  return isAlive ? { state: step.state, effects: [...step.effects, poll] } : step
}

function onTalkPolled(state: PairedState, event: EventOf<'polled'>): Step {
  if (state.talk === undefined) return stay(state)
  const isOpen = event.mailbox === 'completed' || event.mailbox === 'claimed'
  if (!isOpen) return closeTalk(state)
  return {
    state: { ...state, talk: { ...state.talk, outage: undefined } },
    effects: [{ type: 'poll', pairingId: event.pairingId, isProbe: false }],
  }
}

/** The mailbox could not be asked, or is not there any more. */
export function onPollFailed(state: PairingState, event: EventOf<'poll-failed'>): Step {
  const { failure, at } = event
  if (state.phase === 'paired' && state.talk?.pairingId === event.pairingId) {
    if (failure.kind === 'gone') return closeTalk(state)
    const outage = nextOutage(state.talk.outage?.failures ?? 0, failure, at)
    return stay({ ...state, talk: { ...state.talk, outage } })
  }
  if (state.phase !== 'showing' && state.phase !== 'handshaking') return stay(state)
  if (state.live.pairingId !== event.pairingId) return stay(state)
  if (failure.kind === 'gone') return replacePin(state, at, false)
  return stay({ ...state, outage: nextOutage(state.outage?.failures ?? 0, failure, at) })
}

/** The keys agree, or not. */
export function onHandshakeEnded(state: PairingState, event: EventOf<'handshake-ended'>): Step {
  if (state.phase !== 'handshaking' || state.claimant.claimId !== event.claimId) return stay(state)
  const { live, claimant, guard, request } = state
  if (event.outcome === 'confirmed') {
    return {
      state: { phase: 'completing', live, claimant, early: [], outage: undefined, guard, request },
      effects: [{ type: 'clear' }, { type: 'complete', pairingId: live.pairingId, claimId: claimant.claimId }],
    }
  }
  return rejectClaim(state, event.at, event.outcome)
}

/** Tells the coordinator that the claim failed, and ends it here. */
export function rejectClaim(state: PhaseState<'handshaking'>, at: number, reason: 'wrong-pin' | 'protocol'): Step {
  const { live, claimant } = state
  const step = endClaim(state, at, reason === 'wrong-pin' ? 1 : 0)
  const reject = { type: 'reject', pairingId: live.pairingId, claimId: claimant.claimId, reason } as const
  return { state: step.state, effects: [reject, ...step.effects] }
}

/** The coordinator made the claimant the owner. */
export function onCompleted(state: PairingState, event: EventOf<'completed'>): Step {
  if (state.phase !== 'completing' || state.claimant.claimId !== event.claimId) return stay(state)
  const { live, claimant, early, request } = state
  const talk = { pairingId: live.pairingId, claimId: claimant.claimId, outage: undefined }
  const paired: PairedState = {
    phase: 'paired',
    machine: event.machine,
    talk,
    work: { step: 'idle', number: 0 },
    isRenewWanted: false,
    request,
  }
  const effects: PairingEffect[] = [{ type: 'remember', machine: event.machine }]
  let step: Step = { state: paired, effects: [...effects, { type: 'poll', pairingId: live.pairingId, isProbe: false }] }
  const pending =
    early === 'broken'
      ? [{ type: 'bad-message', claimId: claimant.claimId, at: event.at } as const]
      : early.map((message) => ({ type: 'message', claimId: claimant.claimId, message, at: event.at }) as const)
  for (const later of pending) {
    const next = nextConversation(step.state, later)
    step = { state: next.state, effects: [...step.effects, ...next.effects] }
  }
  return step
}

/** The coordinator could not be told, or does not know the claim any more. */
export function onCompleteFailed(state: PairingState, event: EventOf<'complete-failed'>): Step {
  if (state.phase !== 'completing' || state.claimant.claimId !== event.claimId) return stay(state)
  if (event.failure.kind === 'gone') return replacePin(state, event.at, false)
  return stay({ ...state, outage: nextOutage(state.outage?.failures ?? 0, event.failure, event.at) })
}
