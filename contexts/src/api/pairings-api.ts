import type { Static, TSchema } from 'typebox'
import { API_BASE } from '../wire/common.ts'
import {
  Claim,
  CompletedPairing,
  IssuedPairing,
  Mailbox,
  type NewMessage,
  type NewPairing,
  type PairingState,
  PostedMessage,
  type RejectClaim,
} from '../wire/pairings.ts'
import type { CallOptions, Requester } from './requester.ts'

/** What to wait for in a mailbox. */
export interface MailboxOptions extends CallOptions {
  /** Highest sequence seen. */
  readonly after?: number
  /** Longest wait for a message or another state, ≤ 25000. */
  readonly waitMs?: number
  /** State seen last: another one is answered at once. */
  readonly state?: PairingState
  /** The claimant's claim; the agent leaves it out. */
  readonly claim?: string
}

/** Pairings, of both sides: the agent with its pairing's token, the claimant with hers. */
export interface PairingsApi {
  /** Agent, without a token: a new pairing with its locator. */
  issue(pairing: NewPairing, options?: CallOptions): Promise<IssuedPairing>
  /** Agent: burns the PIN. */
  burn(pairingId: string, options?: CallOptions): Promise<void>
  /** Agent: the handshake of this claim failed. */
  rejectClaim(pairingId: string, rejection: RejectClaim, options?: CallOptions): Promise<void>
  /** Agent: the claimant has proved the PIN and owns the machine from now on. @throws {ApiError} claim-ended */
  complete(pairingId: string, claimId: string, options?: CallOptions): Promise<CompletedPairing>
  /** Claimant: takes the pairing of a locator. @throws {ApiError} pin-unknown, slow-down */
  claim(locator: string, options?: CallOptions): Promise<Claim>
  /** Claimant: gives the claim up. */
  unclaim(pairingId: string, claimId: string, options?: CallOptions): Promise<void>
  /** Both: messages of the other side and the state; waits up to `waitMs`. */
  messages(pairingId: string, options?: MailboxOptions): Promise<Mailbox>
  /** Both: posts a message, answers its sequence. @throws {ApiError} claim-ended, mailbox-full */
  post(pairingId: string, message: NewMessage, options?: MailboxPostOptions): Promise<Static<typeof PostedMessage>>
}

/** Who posts. */
export interface MailboxPostOptions extends CallOptions {
  /** The claimant's claim; the agent leaves it out. */
  readonly claim?: string
}

const PATH = `${API_BASE}/pairings`

/** `PairingsApi` over a requester. */
export function createPairingsApi({ send, run }: Requester): PairingsApi {
  const pathOf = (pairingId: string, rest = '') => `${PATH}/${encodeURIComponent(pairingId)}${rest}`
  const post = async <S extends TSchema>(path: string, body: unknown, answer: S, options: CallOptions = {}) =>
    (await send({ ...options, method: 'POST', path, body, answer })).value
  return {
    issue: (pairing, options) => post(PATH, pairing, IssuedPairing, options),
    async burn(pairingId, options) {
      await run({ ...options, method: 'DELETE', path: pathOf(pairingId) })
    },
    async rejectClaim(pairingId, body, options) {
      await run({ ...options, method: 'POST', path: pathOf(pairingId, '/reject-claim'), body })
    },
    complete: (pairingId, claimId, options) =>
      post(pathOf(pairingId, '/complete'), { claimId }, CompletedPairing, options),
    claim: (locator, options) => post(`${PATH}/claim`, { locator }, Claim, options),
    async unclaim(pairingId, claim, options) {
      await run({ ...options, method: 'DELETE', path: pathOf(pairingId, '/claim'), query: { claim } })
    },
    async messages(pairingId, { signal, ...query } = {}) {
      const path = pathOf(pairingId, '/messages')
      const extraMs = query.waitMs ?? 0
      const request = { signal, method: 'GET', path, query: { ...query }, extraMs, answer: Mailbox } as const
      return (await send(request)).value
    },
    async post(pairingId, body, { signal, claim } = {}) {
      const path = pathOf(pairingId, '/messages')
      return (await send({ signal, method: 'POST', path, query: { claim }, body, answer: PostedMessage })).value
    },
  }
}
