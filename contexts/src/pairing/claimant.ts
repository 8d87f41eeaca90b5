import type { Static } from 'typebox'
import type { ApiClient } from '../api/client.ts'
import { PairingError } from '../fault.ts'
import type {
  ClaimantMessage,
  Closed,
  Finished,
  MachineMessage,
  Progress,
  ProposalPlan,
  ProposalRefused,
  Propose,
} from '../wire/channel.ts'
import type { Claim } from '../wire/pairings.ts'
import { createClaimantChannel, type SealedChannel } from './channel.ts'
import { confirmMachine, finishClaimant, startClaimant } from './handshake.ts'
import { type ClaimantMailbox, createClaimantMailbox } from './mailbox.ts'
import { type CheckPhrase, checkPhrase } from './phrase.ts'
import type { Pin } from './pin.ts'
import type { PollClock, RandomBytes } from './ports.ts'

/** What is proposed: a context, opened if it was sealed. */
export type Proposal = Omit<Static<typeof Propose>, 'type'>
/** What the machine answers to a proposal. */
export type ProposalAnswer = Static<typeof ProposalPlan> | Static<typeof ProposalRefused>
/** A step of applying. */
export type ProgressStep = Static<typeof Progress>
/** The end of applying. */
export type FinishedApply = Static<typeof Finished>

/** What claiming stands on. */
export interface ClaimOptions {
  /** Client of a signed-in person, or with a token that may `pairings:claim`. */
  readonly api: ApiClient
  readonly pin: Pin
  readonly random: RandomBytes
  readonly clock: PollClock
  /** Ends whatever the claim is doing. */
  readonly signal: AbortSignal
  /** Longest wait for the machine in the handshake and for its plan. @default 60000 */
  readonly silenceMs?: number
  /** Longest wait for a sign of life while it applies: one script may run for long. @default 3900000 */
  readonly applySilenceMs?: number
}

/**
 * A claimed machine, from the claim to the end of the apply: `connect`, then `propose` as often as wanted, then
 * `approve`. One call at a time; after a failure only `close` is useful.
 */
export interface ClaimedMachine {
  /** Facts to show before connecting: is this the screen in front of you? */
  readonly claim: Claim
  /** Proves the PIN to each other. @throws {PairingError} pin-wrong, declined, machine-silent, ended, protocol */
  connect(): Promise<{ readonly phrase: CheckPhrase }>
  /** What the context would change there. @throws {PairingError} ended, machine-silent, protocol, forged, too-large */
  propose(proposal: Proposal): Promise<ProposalAnswer>
  /** Applies the proposal that was planned last. @throws {PairingError} likewise */
  approve(onProgress: (step: ProgressStep) => void): Promise<FinishedApply>
  /** Takes the proposal back; the machine stays paired and another may follow. */
  withdraw(): Promise<void>
  /** Gives an unfinished claim up. Never fails: the claim ends by itself soon. */
  close(): Promise<void>
}

/** Handshake and plan take seconds; a machine that needs more has gone. */
export const DEFAULT_SILENCE_MS = 60_000
/** A script may run an hour; a little more. */
export const DEFAULT_APPLY_SILENCE_MS = 65 * 60_000

/**
 * Claims the machine that shows a PIN. Only the locator leaves this side.
 *
 * @throws {ApiError} pin-unknown - no machine shows it now; slow-down - too many tries
 */
export async function claimMachine(options: ClaimOptions): Promise<ClaimedMachine> {
  const { api, pin, signal, clock } = options
  const claim = await api.pairings.claim(pin.locator, { signal })
  const mailbox = createClaimantMailbox({ pairings: api.pairings, claim, clock })
  const silenceMs = options.silenceMs ?? DEFAULT_SILENCE_MS
  let talk: Talk | undefined
  let isConnected = false

  function opened(): Talk {
    if (talk === undefined) throw new Error('connect() comes first')
    return talk
  }

  return {
    claim,
    async connect() {
      const keys = await shakeHands(options, claim, mailbox, silenceMs)
      talk = createTalk(createClaimantChannel(keys), mailbox, signal)
      isConnected = true
      return { phrase: checkPhrase(keys.phraseSeed) }
    },
    async propose(proposal) {
      await opened().say({ type: 'propose', ...proposal })
      const answer = await opened().hear(silenceMs)
      if (answer.type === 'proposal-plan' || answer.type === 'proposal-refused') return answer
      throw unexpected(answer)
    },
    async approve(onProgress) {
      await opened().say({ type: 'approve' })
      for (;;) {
        const answer = await opened().hear(options.applySilenceMs ?? DEFAULT_APPLY_SILENCE_MS)
        if (answer.type === 'finished') return answer
        if (answer.type !== 'progress') throw unexpected(answer)
        onProgress(answer)
      }
    },
    async withdraw() {
      await opened().say({ type: 'withdraw' })
    },
    async close() {
      if (isConnected || mailbox.isCompleted()) return
      await api.pairings.unclaim(claim.pairingId, claim.claimId).catch(() => undefined)
    },
  }
}

/** What a conversation is made of. */
type Answer = Exclude<MachineMessage, Static<typeof Closed>>

/** Messages of the sealed channel, sent and received. */
interface Talk {
  say(message: ClaimantMessage): Promise<void>
  /** @throws {PairingError} ended - the machine has closed the conversation */
  hear(silenceMs: number): Promise<Answer>
}

function createTalk(
  channel: SealedChannel<ClaimantMessage, MachineMessage>,
  mailbox: ClaimantMailbox,
  signal: AbortSignal,
): Talk {
  return {
    say: (message) => mailbox.send(channel.seal(message), signal),
    async hear(silenceMs) {
      const message = channel.open(await mailbox.receive(silenceMs, signal))
      if (message.type === 'closed') throw closedBy(message)
      return message
    },
  }
}

async function shakeHands(options: ClaimOptions, claim: Claim, mailbox: ClaimantMailbox, silenceMs: number) {
  const { pin, random, signal } = options
  const started = startClaimant({ binding: claim, secret: pin.secret, random })
  await mailbox.send(started.send, signal)
  const confirmed = confirmMachine(started.next, await mailbox.receive(silenceMs, signal))
  await mailbox.send(confirmed.send, signal)
  return finishClaimant(confirmed.next, await mailbox.receive(silenceMs, signal))
}

function closedBy({ code, message }: Static<typeof Closed>): PairingError {
  return new PairingError('ended', `The machine has ended the conversation: ${message}`, {
    hint:
      code === 'protocol'
        ? 'If it happens again, update the older of agent and command line or page.'
        : 'Look at its console; what it has applied until now is in the list of machines.',
    details: { code },
  })
}

function unexpected(answer: Answer): PairingError {
  return new PairingError('protocol', `The machine said "${answer.type}" when something else was due`, {
    hint: 'Start the pairing again; if it happens again, update the older of agent and command line or page.',
  })
}
