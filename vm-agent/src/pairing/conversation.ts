import type { EventOf, PairingEffect, PairingEvent } from './events.ts'
import type { FarewellReason } from './farewell.ts'
import { MAX_EARLY_MESSAGES, type PairedState, type PairingState, type PhaseState, type Work } from './state.ts'
import { requestPin, type Step, stay } from './step.ts'

type ConversationEvent = Extract<
  PairingEvent,
  { type: 'message' | 'bad-message' | 'planned' | 'progressed' | 'applied' }
>

/**
 * What claimant and machine say to each other: propose → plan or refusal → approve or withdraw → progress → finished,
 * then perhaps another propose. Anything else ends the conversation; a context that is being applied is applied on.
 */
export function nextConversation(state: PairingState, event: ConversationEvent): Step {
  if (state.phase === 'completing') return onEarly(state, event)
  if (state.phase !== 'paired') return stay(state)
  switch (event.type) {
    case 'message':
      return state.talk?.claimId === event.claimId ? onMessage(state, event) : stay(state)
    case 'bad-message':
      return state.talk?.claimId === event.claimId ? hangUp(state, 'protocol') : stay(state)
    case 'planned':
      return onPlanned(state, event)
    case 'progressed':
      return isCurrent(state, 'applying', event.number) ? say(state, event.progress) : stay(state)
    case 'applied':
      return onApplied(state, event)
  }
}

/** The mailbox is closed: nobody listens any more. */
export function closeTalk(state: PairedState): Step {
  if (state.talk === undefined) return stay(state)
  const dropped = dropProposal(state)
  return {
    state: { ...state, talk: undefined, work: dropped.work },
    effects: [{ type: 'drop-keys', claimId: state.talk.claimId }, ...dropped.effects],
  }
}

/** Ends the conversation from this side. */
export function hangUp(state: PairedState, reason: FarewellReason): Step {
  if (state.talk === undefined) return stay(state)
  const { pairingId, claimId } = state.talk
  const dropped = dropProposal(state)
  return {
    state: { ...state, talk: undefined, work: dropped.work },
    effects: [{ type: 'hang-up', pairingId, claimId, reason }, ...dropped.effects],
  }
}

/** Forgets the owner and asks for a new PIN. */
export function unpair(state: PairedState): Step {
  const hungUp = hangUp(state, 'renewed')
  const request = requestPin({ burned: 0, lastBurnedAt: 0 }, state.request)
  return { state: request.state, effects: [...hungUp.effects, { type: 'forget' }, ...request.effects] }
}

function onEarly(state: PhaseState<'completing'>, event: ConversationEvent): Step {
  const isClaimants = event.type === 'message' || event.type === 'bad-message'
  if (!isClaimants || event.claimId !== state.claimant.claimId) return stay(state)
  if (event.type === 'bad-message' || state.early === 'broken') return stay({ ...state, early: 'broken' })
  const early = [...state.early, event.message]
  return stay({ ...state, early: early.length > MAX_EARLY_MESSAGES ? 'broken' : early })
}

function onMessage(state: PairedState, { message }: EventOf<'message'>): Step {
  const { work } = state
  if (message.type === 'propose' && work.step === 'idle') {
    const number = work.number + 1
    return {
      state: { ...state, work: { step: 'planning', number, proposal: message } },
      effects: [{ type: 'plan', number, proposal: message }],
    }
  }
  if (message.type === 'approve' && work.step === 'deciding') {
    return {
      state: { ...state, work: { ...work, step: 'applying' } },
      effects: [{ type: 'apply', number: work.number, proposal: work.proposal }],
    }
  }
  if (message.type === 'withdraw' && (work.step === 'planning' || work.step === 'deciding')) {
    const dropped = dropProposal(state)
    return { state: { ...state, work: dropped.work }, effects: dropped.effects }
  }
  return hangUp(state, 'protocol')
}

function onPlanned(state: PairedState, event: EventOf<'planned'>): Step {
  const { work } = state
  if (work.step !== 'planning' || work.number !== event.number) return stay(state)
  const isPlan = event.answer.type === 'proposal-plan'
  const next: Work = isPlan ? { ...work, step: 'deciding' } : { step: 'idle', number: work.number }
  return say({ ...state, work: next }, event.answer)
}

function onApplied(state: PairedState, event: EventOf<'applied'>): Step {
  if (!isCurrent(state, 'applying', event.number)) return stay(state)
  const said = say({ ...state, work: { step: 'idle', number: event.number } }, event.finished)
  if (!state.isRenewWanted || said.state.phase !== 'paired') return said
  const renewed = unpair(said.state)
  return { state: renewed.state, effects: [...said.effects, ...renewed.effects] }
}

function say(state: PairedState, message: Extract<PairingEffect, { type: 'send' }>['message']): Step {
  if (state.talk === undefined) return stay(state)
  return { state, effects: [{ type: 'send', claimId: state.talk.claimId, message }] }
}

/** A proposal that was not approved is nobody's wish once its claimant is gone. */
function dropProposal(state: PairedState): { readonly work: Work; readonly effects: readonly PairingEffect[] } {
  const { work } = state
  if (work.step === 'idle' || work.step === 'applying') return { work, effects: [] }
  const effects: readonly PairingEffect[] =
    work.step === 'planning' ? [{ type: 'cancel-plan', number: work.number }] : []
  return { work: { step: 'idle', number: work.number }, effects }
}

function isCurrent(state: PairedState, step: Work['step'], number: number): boolean {
  return state.work.step === step && state.work.number === number
}
