import type { Pin } from '@muster/contexts/pairing/pin.ts'
import type { ClaimantMessage, MachineMessage } from '@muster/contexts/wire/channel.ts'
import type { PairingState as MailboxState } from '@muster/contexts/wire/pairings.ts'
import type { FarewellReason } from './farewell.ts'
import type { Claimant, PairedMachine, Proposal } from './state.ts'
import type { Trouble } from './trouble.ts'

/** How a call to the coordinator failed: `gone` (401, 404, 410) it does not know this pairing or claim any more. */
export type CallFailure =
  | { readonly kind: 'gone' }
  /** @param spread - 0 to 1, spreads the retries of many machines */
  | { readonly kind: 'trouble'; readonly trouble: Trouble; readonly spread: number }

/** Something that happened; `at` in monotonic ms. Answers carry the number or id of what they answer. */
export type PairingEvent = { readonly at: number } & (
  | { readonly type: 'start' }
  | { readonly type: 'tick' }
  | {
      readonly type: 'issued'
      readonly request: number
      readonly pairingId: string
      readonly pin: Pin
      readonly verificationUrl: string
    }
  | { readonly type: 'request-failed'; readonly request: number; readonly failure: CallFailure }
  | {
      readonly type: 'polled'
      readonly pairingId: string
      readonly mailbox: MailboxState
      readonly claimant: Claimant | undefined
    }
  | { readonly type: 'poll-failed'; readonly pairingId: string; readonly failure: CallFailure }
  | {
      readonly type: 'handshake-ended'
      readonly claimId: string
      readonly outcome: 'confirmed' | 'wrong-pin' | 'protocol'
    }
  | { readonly type: 'completed'; readonly claimId: string; readonly machine: PairedMachine }
  | { readonly type: 'complete-failed'; readonly claimId: string; readonly failure: CallFailure }
  | { readonly type: 'message'; readonly claimId: string; readonly message: ClaimantMessage }
  /** Something on the channel that does not authenticate, decode or fit. */
  | { readonly type: 'bad-message'; readonly claimId: string }
  | {
      readonly type: 'planned'
      readonly number: number
      readonly answer: Extract<MachineMessage, { type: 'proposal-plan' | 'proposal-refused' }>
    }
  | {
      readonly type: 'progressed'
      readonly number: number
      readonly progress: Extract<MachineMessage, { type: 'progress' }>
    }
  | {
      readonly type: 'applied'
      readonly number: number
      readonly finished: Extract<MachineMessage, { type: 'finished' }>
    }
  /** The machine has other addresses or another way out than before. */
  | { readonly type: 'network-changed' }
  /** Somebody with rights on this machine asks for a new PIN. */
  | { readonly type: 'renew' }
  /** The coordinator does not know the machine any more. */
  | { readonly type: 'forgotten' }
)

/** One kind of event. */
export type EventOf<T extends PairingEvent['type']> = Extract<PairingEvent, { readonly type: T }>

/**
 * What is to be done now, in this order. Only `show` carries the secret of the PIN.
 *
 * `request` ask for a PIN · `show`, `clear` the PIN on the console · `poll` ask the mailbox once · `begin-handshake`,
 * `drop-keys` of a handshake or channel · `reject` the claim · `burn` the pairing at the coordinator · `complete` tell it the
 * owner · `remember`, `forget` the pairing on disk · `plan`, `cancel-plan`, `apply` a proposal · `send` to the claimant ·
 * `hang-up` tell the claimant that it is over, forget the channel and close the mailbox
 */
export type PairingEffect =
  | { readonly type: 'request'; readonly request: number }
  | {
      readonly type: 'show'
      readonly pin: Pin
      /** Monotonic ms. */
      readonly expiresAt: number
      readonly verificationUrl: string
    }
  | { readonly type: 'clear' }
  /** Ask the mailbox once, in place of a question that is still open; a probe does not wait for news. */
  | { readonly type: 'poll'; readonly pairingId: string; readonly isProbe: boolean }
  | { readonly type: 'begin-handshake'; readonly pairingId: string; readonly claimant: Claimant }
  | { readonly type: 'drop-keys'; readonly claimId: string }
  | {
      readonly type: 'reject'
      readonly pairingId: string
      readonly claimId: string
      readonly reason: 'wrong-pin' | 'protocol'
    }
  | { readonly type: 'burn'; readonly pairingId: string }
  | { readonly type: 'complete'; readonly pairingId: string; readonly claimId: string }
  | { readonly type: 'remember'; readonly machine: PairedMachine }
  | { readonly type: 'forget' }
  | { readonly type: 'plan'; readonly number: number; readonly proposal: Proposal }
  | { readonly type: 'cancel-plan'; readonly number: number }
  | { readonly type: 'apply'; readonly number: number; readonly proposal: Proposal }
  | { readonly type: 'send'; readonly claimId: string; readonly message: MachineMessage }
  | {
      readonly type: 'hang-up'
      readonly pairingId: string
      readonly claimId: string
      readonly reason: FarewellReason
    }

/** One kind of effect. */
export type EffectOf<T extends PairingEffect['type']> = Extract<PairingEffect, { readonly type: T }>
