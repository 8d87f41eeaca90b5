import type { Pin } from '@muster/contexts/pairing/pin.ts'
import type { Secret } from '@muster/contexts/secret.ts'
import type { ClaimantMessage } from '@muster/contexts/wire/channel.ts'
import type { Trouble } from './trouble.ts'

/** Life of a PIN, as the coordinator rules; counted here on the monotonic clock, since the wall clock may be wrong. */
export const PIN_LIFE_MS = 15 * 60_000
/** Wrong PINs after which a PIN is burned. Higher: an attacker at the coordinator gains guesses. */
export const MAX_WRONG_TRIES = 3
/** Claims of any end after which a PIN is burned: a coordinator that offers claims without end is not honest. */
export const MAX_CLAIMS = 20
/** How long a claim may take from its announcement to key confirmation; the coordinator gives up as early. */
export const HANDSHAKE_LIMIT_MS = 2 * 60_000
/** Pause after the first burned PIN; doubles with each further one. */
export const FIRST_PAUSE_MS = 5_000
export const LONGEST_PAUSE_MS = 10 * 60_000
/** After so long without a burned PIN the pauses start small again. */
export const PAUSE_MEMORY_MS = 60 * 60_000
/** Wait for the next PIN when the coordinator forgot one that it had just issued. */
export const FORGOTTEN_AT_ONCE_WAIT_MS = 5_000
/** First wait after the coordinator could not be reached; doubles up to the longest. */
export const FIRST_RETRY_MS = 1_000
export const LONGEST_RETRY_MS = 30_000
/** Messages that may arrive between key confirmation and the coordinator's confirmation of the new owner. */
export const MAX_EARLY_MESSAGES = 4

/** What is remembered of burned PINs, so that guessing gets slower. */
export interface Guard {
  readonly burned: number
  /** Monotonic ms of the last one. */
  readonly lastBurnedAt: number
}

/** Who uses the PIN, as the coordinator says. */
export interface Claimant {
  readonly claimId: string
  readonly accountId: string
  readonly login: string
}

/** A PIN that can be used now. */
export interface LivePin {
  readonly pairingId: string
  readonly pin: Pin
  /** Monotonic ms. */
  readonly expiresAt: number
  readonly verificationUrl: string
  readonly wrongTries: number
  /** Claims that ended without success; they are not taken up again. */
  readonly endedClaims: readonly string[]
}

/** The coordinator does not answer as it should; tried again at a time. */
export interface Outage {
  readonly trouble: Trouble
  /** Failures in a row, 1 or more. */
  readonly failures: number
  /** Monotonic ms; infinite while it is being tried. */
  readonly retryAt: number
}

/** What the machine knows after pairing. */
export interface PairedMachine {
  readonly machineId: string
  readonly machineToken: Secret
  readonly owner: { readonly accountId: string; readonly login: string }
}

/** The open channel to the claimant, until its mailbox closes. */
export interface Talk {
  readonly pairingId: string
  readonly claimId: string
  readonly outage: Outage | undefined
}

/** A context that the claimant sent. */
export type Proposal = Extract<ClaimantMessage, { type: 'propose' }>

/** What happens with the proposal: `number` tells answers of one from those of another. */
export type Work =
  | { readonly step: 'idle'; readonly number: number }
  | { readonly step: 'planning'; readonly number: number; readonly proposal: Proposal }
  | { readonly step: 'deciding'; readonly number: number; readonly proposal: Proposal }
  | { readonly step: 'applying'; readonly number: number; readonly proposal: Proposal }

interface Unowned {
  readonly guard: Guard
  /** Number of the last request for a PIN: answers to earlier ones are stale. */
  readonly request: number
}

/**
 * Where the machine stands; `next.dot` draws it.
 *
 * `unpaired` nothing asked yet · `requesting` a PIN was asked for · `offline` the coordinator could not be asked ·
 * `pausing` a PIN was burned, the next one waits · `showing` a PIN is on the console · `handshaking` somebody uses it ·
 * `completing` the keys agree, the coordinator is told · `paired` · `forgotten` its owner removed the machine there
 */
export type PairingState =
  | ({ readonly phase: 'unpaired' } & Unowned)
  | ({ readonly phase: 'requesting'; readonly outage: Outage | undefined } & Unowned)
  | ({ readonly phase: 'offline'; readonly outage: Outage } & Unowned)
  | ({ readonly phase: 'pausing'; readonly until: number } & Unowned)
  | ({ readonly phase: 'showing'; readonly live: LivePin; readonly outage: Outage | undefined } & Unowned)
  | ({
      readonly phase: 'handshaking'
      readonly live: LivePin
      readonly claimant: Claimant
      /** Monotonic ms. */
      readonly deadline: number
      readonly outage: Outage | undefined
    } & Unowned)
  | ({
      readonly phase: 'completing'
      readonly live: LivePin
      readonly claimant: Claimant
      /** What the claimant said too early to be answered; `broken` when it was not sensible. */
      readonly early: readonly ClaimantMessage[] | 'broken'
      readonly outage: Outage | undefined
    } & Unowned)
  | PairedState
  | { readonly phase: 'forgotten'; readonly machine: PairedMachine; readonly request: number }

/** Paired: `talk` while the claimant can be heard, `work` goes on without. */
export interface PairedState {
  readonly phase: 'paired'
  readonly machine: PairedMachine
  readonly talk: Talk | undefined
  readonly work: Work
  /** Somebody with local rights asked for a new PIN while a context was being applied. */
  readonly isRenewWanted: boolean
  readonly request: number
}

/** One phase of the state. */
export type PhaseState<P extends PairingState['phase']> = Extract<PairingState, { readonly phase: P }>

/** A machine that was never paired. */
export const unpairedState: PhaseState<'unpaired'> = {
  phase: 'unpaired',
  guard: { burned: 0, lastBurnedAt: 0 },
  request: 0,
}

/** A machine that was paired in an earlier run; its channel keys are gone with that run. */
export function pairedState(machine: PairedMachine): PairedState {
  return {
    phase: 'paired',
    machine,
    talk: undefined,
    work: { step: 'idle', number: 0 },
    isRenewWanted: false,
    request: 0,
  }
}

/** The outage that the state waits out; undefined while the coordinator answers. */
export function outageOf(state: PairingState): Outage | undefined {
  switch (state.phase) {
    case 'requesting':
    case 'offline':
    case 'showing':
    case 'handshaking':
    case 'completing':
      return state.outage
    case 'paired':
      return state.talk?.outage
    case 'unpaired':
    case 'pausing':
    case 'forgotten':
      return undefined
  }
}

/** When the state wants to be asked again without an event, monotonic ms; undefined: never. */
export function wakeAt(state: PairingState): number | undefined {
  switch (state.phase) {
    case 'offline':
      return state.outage.retryAt
    case 'pausing':
      return state.until
    case 'showing':
      return Math.min(state.live.expiresAt, state.outage?.retryAt ?? Number.POSITIVE_INFINITY)
    case 'handshaking':
      return Math.min(state.deadline, state.outage?.retryAt ?? Number.POSITIVE_INFINITY)
    case 'completing':
      return state.outage?.retryAt
    case 'paired':
      return state.talk?.outage?.retryAt
    case 'unpaired':
    case 'requesting':
    case 'forgotten':
      return undefined
  }
}
