import { PairingError } from '@muster/contexts/fault.ts'
import type { Secret } from '@muster/contexts/secret.ts'
import type { MachineMessage } from '@muster/contexts/wire/channel.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { Random } from '@muster/runtime/random.ts'
import { type ClaimSession, createClaimSession, type SessionOutput } from './claim-session.ts'
import type { Outbox } from './outbox.ts'
import type { Claimant } from './state.ts'

/** Whom the desk tells what the claimant did; the events of the state machine without their time. */
export type ClaimEvent =
  | {
      readonly type: 'handshake-ended'
      readonly claimId: string
      readonly outcome: 'confirmed' | 'wrong-pin' | 'protocol'
    }
  | {
      readonly type: 'message'
      readonly claimId: string
      readonly message: Extract<SessionOutput, { type: 'message' }>['message']
    }
  | { readonly type: 'bad-message'; readonly claimId: string }

/** What a desk stands on. */
export interface ClaimDeskDeps {
  readonly random: Random
  readonly log: Log
  /** Of this agent, as on the wire. */
  readonly agentPublicKey: string
  readonly outbox: Outbox
  readonly tell: (event: ClaimEvent) => void
}

/** Where one claimant at a time is spoken with; holds the keys of the claim. */
export interface ClaimDesk {
  begin(pairingId: string, claimant: Claimant, secret: Secret): void
  receive(claimId: string, body: string): void
  send(claimId: string, message: MachineMessage): void
  /** Forgets the keys of a claim. */
  drop(claimId: string): void
}

/**
 * Progress messages of one claim at most: the mailbox holds 200 messages, and the answers that matter must find room.
 */
const MAX_PROGRESS_MESSAGES = 100

/** A desk with nobody at it. */
export function createClaimDesk(deps: ClaimDeskDeps): ClaimDesk {
  let session: ClaimSession | undefined
  let progressLeft = 0

  function handle(claimId: string, output: SessionOutput): void {
    switch (output.type) {
      case 'reply':
        put(claimId, output.body)
        return
      case 'outcome':
        if (output.outcome !== 'confirmed') deps.log.warn({ claimId, outcome: output.outcome }, output.reason)
        deps.tell({ type: 'handshake-ended', claimId, outcome: output.outcome })
        return
      case 'message':
        deps.tell({ type: 'message', claimId, message: output.message })
        return
      case 'bad-message':
        deps.log.warn({ claimId, reason: output.reason }, 'a message of the claimant does not fit the channel')
        deps.tell({ type: 'bad-message', claimId })
    }
  }

  function put(claimId: string, body: string): void {
    if (!deps.outbox.put({ claimId, body })) deps.tell({ type: 'bad-message', claimId })
  }

  function sealed(message: MachineMessage, current: ClaimSession): string {
    try {
      return current.seal(message)
    } catch (error) {
      if (!(error instanceof PairingError) || error.code !== 'too-large') throw error
      return current.seal(shortened(message))
    }
  }

  return {
    begin(pairingId, claimant, secret) {
      const { claimId, accountId } = claimant
      const binding = { pairingId, claimId, accountId, agentPublicKey: deps.agentPublicKey }
      session = createClaimSession({ binding, secret, random: deps.random })
      progressLeft = MAX_PROGRESS_MESSAGES
    },
    receive(claimId, body) {
      if (session?.claimId !== claimId) return
      for (const output of session.receive(body)) handle(claimId, output)
    },
    send(claimId, message) {
      if (session?.claimId !== claimId) return
      if (message.type === 'progress' && (!isWorthSending(message) || progressLeft-- <= 0)) return
      put(claimId, sealed(message, session))
    },
    drop(claimId) {
      if (session?.claimId === claimId) session = undefined
    },
  }
}

/** Of many steps only some are told, so that a large context does not fill the mailbox; failures always. */
function isWorthSending(progress: Extract<MachineMessage, { type: 'progress' }>): boolean {
  if (progress.phase === 'failed' || progress.phase === 'not-done') return true
  const step = Math.ceil(progress.total / 20)
  return progress.index === progress.total || progress.index % step === 0
}

/** What remains of a message that does not fit: the lists are gone, the outcome stays. */
function shortened(message: MachineMessage): MachineMessage {
  switch (message.type) {
    case 'proposal-plan':
      return {
        type: 'proposal-refused',
        code: 'plan-too-large',
        message: 'The plan is too large to be shown for approval.',
        diagnostics: [],
      }
    case 'proposal-refused':
      return { ...message, diagnostics: [] }
    case 'finished':
      return { ...message, report: ['The report is too large to be sent; see it on the machine: muster-agent status'] }
    case 'closed':
      return { ...message, message: '' }
    case 'progress':
      return { ...message, address: '', message: '' }
  }
}
