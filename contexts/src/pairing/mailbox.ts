import { ApiError } from '../api/api-error.ts'
import type { MailboxOptions, PairingsApi } from '../api/pairings-api.ts'
import { PairingError } from '../fault.ts'
import type { Claim, Mailbox, PairingState } from '../wire/pairings.ts'
import { decodeBase64url, encodeBase64url } from './bytes.ts'
import { pinWrong } from './handshake.ts'
import type { PollClock } from './ports.ts'

/** The claimant's end of a pairing's mailbox: bytes in order, through lost connections. */
export interface ClaimantMailbox {
  send(message: Uint8Array, signal: AbortSignal): Promise<void>
  /**
   * The next message of the machine.
   *
   * @param silenceMs - longest wait
   * @throws {PairingError} machine-silent, or why the claim ended: pin-wrong, declined, protocol, ended
   */
  receive(silenceMs: number, signal: AbortSignal): Promise<Uint8Array>
  /** True once the machine has completed the pairing: it has an owner now. */
  isCompleted(): boolean
}

/** What the mailbox stands on. */
export interface ClaimantMailboxOptions {
  readonly pairings: PairingsApi
  readonly claim: Claim
  readonly clock: PollClock
}

const POLL_MS = 25_000
/** A coordinator that answers polls at once, without news, is asked at this pace. */
const EMPTY_PAUSE_MS = 250
const RETRY_BASE_MS = 500
const RETRY_MAX_MS = 5_000
/** How long a coordinator may be away before the pairing is given up, whatever else is waited for. */
const OUTAGE_MS = 60_000

/** Opens the mailbox of a claim; asks nothing before the first call. One send and one receive at a time. */
export function createClaimantMailbox(options: ClaimantMailboxOptions): ClaimantMailbox {
  const { pairings, claim, clock } = options
  const waiting: string[] = []
  let after = 0
  let state: PairingState = 'claimed'
  let last: string | undefined

  function take(mailbox: Mailbox): void {
    state = mailbox.state
    for (const message of mailbox.messages) {
      after = Math.max(after, message.sequence)
      // A sender that lost the answer to its post sends the same text again.
      if (message.claimId !== claim.claimId || message.body === last) continue
      last = message.body
      waiting.push(last)
    }
    if (waiting.length === 0) refuseEnd(mailbox)
  }

  function look(options: MailboxOptions): Promise<Mailbox> {
    return pairings.messages(claim.pairingId, { claim: claim.claimId, after, ...options })
  }

  return {
    async send(message, signal) {
      const body = { claimId: claim.claimId, body: encodeBase64url(message) }
      const post = () => pairings.post(claim.pairingId, body, { claim: claim.claimId, signal })
      try {
        await withRetries(post, clock, signal)
      } catch (error) {
        // The coordinator no longer takes messages for this claim; only the mailbox says what became of it.
        if (isOver(error)) take(await look({ signal }).catch(explainEnd))
        throw explained(error)
      }
    },
    async receive(silenceMs, signal) {
      const deadline = clock.monotonic() + silenceMs
      for (;;) {
        const body = waiting.shift()
        if (body !== undefined) return decodeBase64url(body)
        const left = deadline - clock.monotonic()
        if (left <= 0) throw machineSilent(silenceMs)
        const waitMs = Math.min(POLL_MS, Math.ceil(left))
        const [asked, known] = [clock.monotonic(), state]
        take(await withRetries(() => look({ waitMs, state, signal }), clock, signal).catch(explainEnd))
        const isNews = waiting.length > 0 || state !== known
        if (!isNews && clock.monotonic() - asked < EMPTY_PAUSE_MS) await clock.sleep(EMPTY_PAUSE_MS, signal)
      }
    },
    isCompleted: () => state === 'completed',
  }
}

async function withRetries<T>(task: () => Promise<T>, clock: PollClock, signal: AbortSignal): Promise<T> {
  const giveUpAt = clock.monotonic() + OUTAGE_MS
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await task()
    } catch (error) {
      if (!(error instanceof ApiError) || !error.isTransient || clock.monotonic() >= giveUpAt) throw error
      const wanted = error.retryAfterMs ?? RETRY_BASE_MS * 2 ** attempt
      await clock.sleep(Math.min(RETRY_MAX_MS, wanted), signal)
    }
  }
}

function refuseEnd(mailbox: Mailbox): void {
  if (mailbox.claimEnd === 'wrong-pin') throw pinWrong()
  if (mailbox.claimEnd === 'declined') {
    throw new PairingError('declined', 'The machine declined this claim', {
      hint: 'Somebody refused it on the console; ask there.',
    })
  }
  if (mailbox.claimEnd === 'protocol') {
    throw new PairingError('protocol', 'The machine stopped the pairing: the protocol was broken', {
      hint: 'Try again; if it happens again, update the older of agent and command line or page.',
    })
  }
  if (mailbox.state !== 'claimed' && mailbox.state !== 'completed') throw ended(mailbox.state)
}

/** The coordinator's word that there is no such claim any more. */
function isOver(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 410 || error.status === 404)
}

function explained(error: unknown): unknown {
  return isOver(error) ? ended('expired', error) : error
}

function explainEnd(error: unknown): never {
  throw explained(error)
}

function ended(state: PairingState, cause?: unknown): PairingError {
  const why = state === 'burned' ? 'the machine shows a new PIN' : 'its time is over'
  return new PairingError('ended', `The pairing has ended: ${why}`, {
    ...(cause === undefined ? {} : { cause }),
    hint: 'Read the PIN that the console shows now, and start again.',
  })
}

function machineSilent(silenceMs: number): PairingError {
  const seconds = Math.round(silenceMs / 1000)
  return new PairingError('machine-silent', `The machine has not answered for ${seconds} seconds`, {
    hint: 'Look at its console: it may have lost its network, or have been switched off. Then start again.',
  })
}
