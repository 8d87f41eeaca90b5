import type { FinishedApply, ProgressStep, ProposalAnswer } from '@muster/contexts/pairing/claimant.ts'
import type { CheckPhrase } from '@muster/contexts/pairing/phrase.ts'
import type { Claim } from '@muster/contexts/wire/pairings.ts'

/** The machine's plan for a proposal. */
export type MachinePlan = Extract<ProposalAnswer, { type: 'proposal-plan' }>
/** The machine's refusal of a proposal. */
export type Refusal = Extract<ProposalAnswer, { type: 'proposal-refused' }>

/** Which version of which context is proposed. */
export interface ContextChoice {
  readonly id: string
  readonly name: string
  readonly version: number
}

interface Claimed {
  readonly claim: Claim
}

interface Connected extends Claimed {
  /** Three words that the machine's console can show too. */
  readonly phrase: CheckPhrase
}

/**
 * Where a pairing stands, as the page shows it:
 * `pin` → `claiming` → `machine` (is it yours?) → `connecting` → `context` (choose) → `planning` → `plan` (look) →
 * `applying` → `finished`. A wrong or unknown PIN leads back to `pin` with its error, a refused context back to
 * `context`, and anything else that fails to `stopped`.
 */
export type PairState =
  | { readonly step: 'pin'; readonly error?: unknown }
  | { readonly step: 'claiming' }
  | ({ readonly step: 'machine' } & Claimed)
  | ({ readonly step: 'connecting' } & Claimed)
  | ({ readonly step: 'context'; readonly refusal?: Refusal } & Connected)
  | ({ readonly step: 'planning'; readonly choice: ContextChoice } & Connected)
  | ({ readonly step: 'plan'; readonly choice: ContextChoice; readonly plan: MachinePlan } & Connected)
  | ({
      readonly step: 'applying'
      readonly choice: ContextChoice
      readonly plan: MachinePlan
      readonly progress: readonly ProgressStep[]
    } & Connected)
  | ({
      readonly step: 'finished'
      readonly choice: ContextChoice
      readonly plan: MachinePlan
      readonly progress: readonly ProgressStep[]
      readonly result: FinishedApply
    } & Connected)
  | { readonly step: 'stopped'; readonly error: unknown; readonly isPaired: boolean }

/** What happens to a pairing. */
export type PairEvent =
  | { readonly type: 'pin-entered' }
  | { readonly type: 'claimed'; readonly claim: Claim }
  | { readonly type: 'confirmed' }
  | { readonly type: 'connected'; readonly phrase: CheckPhrase }
  | { readonly type: 'proposed'; readonly choice: ContextChoice }
  | { readonly type: 'answered'; readonly answer: ProposalAnswer }
  | { readonly type: 'withdrawn' }
  | { readonly type: 'approved' }
  | { readonly type: 'progressed'; readonly step: ProgressStep }
  | { readonly type: 'finished'; readonly result: FinishedApply }
  | { readonly type: 'failed'; readonly error: unknown }
  | { readonly type: 'restarted' }

/** The state after an event; an event that does not fit the state changes nothing. */
export function nextPairState(state: PairState, event: PairEvent): PairState {
  if (event.type === 'restarted') return { step: 'pin' }
  if (event.type === 'failed') return afterFailure(state, event.error)
  switch (state.step) {
    case 'pin':
      return event.type === 'pin-entered' ? { step: 'claiming' } : state
    case 'claiming':
      return event.type === 'claimed' ? { step: 'machine', claim: event.claim } : state
    case 'machine':
      return event.type === 'confirmed' ? { ...state, step: 'connecting' } : state
    case 'connecting':
      return event.type === 'connected' ? { step: 'context', claim: state.claim, phrase: event.phrase } : state
    default:
      return nextConnected(state, event)
  }
}

function nextConnected(state: PairState, event: PairEvent): PairState {
  switch (state.step) {
    case 'context': {
      const { claim, phrase } = state
      return event.type === 'proposed' ? { step: 'planning', claim, phrase, choice: event.choice } : state
    }
    case 'planning':
      return event.type === 'answered' ? afterAnswer(state, event.answer) : state
    case 'plan': {
      const { claim, phrase, choice, plan } = state
      if (event.type === 'withdrawn') return { step: 'context', claim, phrase }
      return event.type === 'approved' ? { step: 'applying', claim, phrase, choice, plan, progress: [] } : state
    }
    case 'applying': {
      if (event.type === 'progressed') return { ...state, progress: [...state.progress, event.step] }
      return event.type === 'finished' ? { ...state, step: 'finished', result: event.result } : state
    }
    default:
      return state
  }
}

function afterAnswer(state: Extract<PairState, { step: 'planning' }>, answer: ProposalAnswer): PairState {
  const { claim, phrase, choice } = state
  if (answer.type === 'proposal-refused') return { step: 'context', claim, phrase, refusal: answer }
  return { step: 'plan', claim, phrase, choice, plan: answer }
}

function afterFailure(state: PairState, error: unknown): PairState {
  switch (state.step) {
    case 'pin':
    case 'claiming':
    case 'machine':
    case 'connecting':
      return { step: 'pin', error }
    case 'finished':
      return state
    default:
      return { step: 'stopped', error, isPaired: true }
  }
}
