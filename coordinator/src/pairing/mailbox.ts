import type { Mailbox, PairingState } from '@muster/contexts/wire/pairings.ts'
import { timeoutSignal } from '@muster/runtime/clock.ts'
import { ApiError, notFound } from '../http/api-error.ts'
import type { AccountPrincipal } from '../http/principal.ts'
import type { Parts } from '../parts.ts'
import type { StoredClaim } from '../store/claims.ts'
import type { Sender } from '../store/mailbox.ts'
import type { Repositories } from '../store/repositories.ts'
import { nextEndOf, overdueOf, type PairingView, pairingTopic, readView, settle } from './settle.ts'

/** One claim may pass so many messages and characters, both sides together. */
export const MAILBOX_MAX_MESSAGES = 200
export const MAILBOX_MAX_CHARS = 8_000_000

/** Who uses the mailbox. */
export type Party =
  | { readonly kind: 'agent'; readonly pairingId: string }
  | { readonly kind: 'claimant'; readonly pairingId: string; readonly by: AccountPrincipal }

/** What a poll asks for; `claimId` is the claim that the asker knows of. */
export interface Poll {
  readonly after: number
  readonly waitMs: number
  readonly state: PairingState | undefined
  readonly claimId: string | undefined
}

/** The mailbox between an agent and its claimant. */
export interface Mailboxes {
  /** @throws {ApiError} claim-ended, mailbox-full, not-found. @returns the message's sequence */
  post(party: Party, claimId: string, body: string): Promise<number>
  /**
   * Waits until there is something new, the time is over, or the signal aborts; then says what there is.
   *
   * @throws {ApiError} not-found, too-many-streams
   */
  poll(party: Party, poll: Poll, signal: AbortSignal): Promise<Mailbox>
}

/** Creates the mailboxes. */
export function createMailboxes(parts: Parts): Mailboxes {
  const { store, clock, wakeups, limits, metrics } = parts
  const waiting = new Map<string, number>()
  let waitingInAll = 0

  return {
    post: (party, claimId, body) =>
      store.write(async (tx) => {
        const found = await tx.pairings.byId(party.pairingId)
        if (found === undefined) throw notFound()
        if (party.kind === 'claimant') await ownClaim(tx, party, claimId)
        const view = await settle(parts, tx, found)
        const { claim } = view
        if (claim?.id !== claimId || !isUsable(view, clock.now())) throw new ApiError('claim-ended')
        if (claim.messageCount >= MAILBOX_MAX_MESSAGES || claim.messageChars + body.length > MAILBOX_MAX_CHARS) {
          throw new ApiError('mailbox-full')
        }
        const sequence = await tx.pairings.takeSequence(party.pairingId)
        await tx.claims.addMessage(claimId, body.length)
        await tx.mailbox.insert(party.pairingId, { sequence, claimId, body }, party.kind)
        tx.notify(pairingTopic(party.pairingId))
        return sequence
      }),

    async poll(party, poll, signal) {
      const subscription = wakeups.subscribe(pairingTopic(party.pairingId))
      try {
        const first = await look(party, poll)
        if (poll.waitMs === 0 || first.isNews) return first.mailbox
        return await waiter(party.pairingId, () => waitForNews(party, poll, signal, first, subscription.wait))
      } finally {
        subscription.close()
      }
    },
  }

  async function waitForNews(
    party: Party,
    poll: Poll,
    signal: AbortSignal,
    first: Look,
    wait: (signal: AbortSignal) => Promise<void>,
  ): Promise<Mailbox> {
    const until = clock.monotonic() + poll.waitMs
    let seen = first
    while (!seen.isNews && !signal.aborted && clock.monotonic() < until) {
      const untilEnd = seen.nextEnd === undefined ? Number.POSITIVE_INFINITY : seen.nextEnd - clock.now()
      const deadline = timeoutSignal(clock, Math.max(1, Math.min(until - clock.monotonic(), untilEnd)), signal)
      await wait(deadline.signal)
      deadline.cancel()
      seen = await look(party, poll)
    }
    return seen.mailbox
  }

  /** Bounds how many requests wait at once. */
  async function waiter<T>(pairingId: string, task: () => Promise<T>): Promise<T> {
    const here = waiting.get(pairingId) ?? 0
    if (here >= limits.waitingRequestsPerPairing || waitingInAll >= limits.waitingRequests) {
      throw new ApiError('too-many-streams', undefined, { headers: { 'retry-after': '1' } })
    }
    waiting.set(pairingId, here + 1)
    waitingInAll += 1
    metrics.waiting(1)
    try {
      return await task()
    } finally {
      const left = (waiting.get(pairingId) ?? 1) - 1
      if (left === 0) waiting.delete(pairingId)
      else waiting.set(pairingId, left)
      waitingInAll -= 1
      metrics.waiting(-1)
    }
  }

  async function look(party: Party, poll: Poll): Promise<Look> {
    const view = await settledView(party.pairingId)
    const mailbox = await (party.kind === 'agent' ? lookAsAgent(view, poll) : lookAsClaimant(party, poll))
    const isOtherClaim =
      party.kind === 'agent' && poll.claimId !== undefined && poll.claimId !== mailbox.claimant?.claimId
    const isOtherState = poll.state !== undefined && poll.state !== mailbox.state
    return { mailbox, nextEnd: nextEndOf(view), isNews: mailbox.messages.length > 0 || isOtherState || isOtherClaim }
  }

  async function settledView(pairingId: string): Promise<PairingView> {
    const pairing = await store.read.pairings.byId(pairingId)
    if (pairing === undefined) throw notFound()
    const view = await readView(store.read, pairing)
    const overdue = overdueOf(view, clock.now())
    if (overdue === 'mailbox') throw notFound()
    return overdue === undefined ? view : store.write((tx) => settle(parts, tx, pairing))
  }

  async function lookAsAgent({ pairing, claim }: PairingView, poll: Poll): Promise<Mailbox> {
    if (claim === undefined || (pairing.state !== 'claimed' && pairing.state !== 'completed')) {
      return { state: pairing.state, messages: [] }
    }
    const account = await store.read.accounts.byId(claim.accountId)
    return {
      state: pairing.state,
      claimant: { claimId: claim.id, accountId: claim.accountId, login: account?.login ?? '' },
      messages: await messagesFrom('claimant', claim, poll.after),
    }
  }

  async function lookAsClaimant(party: Party & { readonly kind: 'claimant' }, poll: Poll): Promise<Mailbox> {
    const claim = await ownClaim(store.read, party, poll.claimId)
    const messages = await messagesFrom('agent', claim, poll.after)
    return { ...fateOf(claim), messages }
  }

  async function messagesFrom(sender: Sender, claim: StoredClaim, after: number) {
    const { id: claimId, pairingId } = claim
    return [...(await store.read.mailbox.read({ pairingId, claimId, sender, after, limit: MAILBOX_MAX_MESSAGES }))]
  }
}

interface Look {
  readonly mailbox: Mailbox
  readonly isNews: boolean
  readonly nextEnd: number | undefined
}

function isUsable({ pairing, claim }: PairingView, now: number): boolean {
  if (claim === undefined) return false
  return pairing.state === 'claimed' || (pairing.state === 'completed' && pairing.expiresAt > now)
}

/** The claim that a person names. @throws {ApiError} not-found unless it is hers and on this pairing */
async function ownClaim(
  read: Repositories,
  party: Party & { readonly kind: 'claimant' },
  claimId: string | undefined,
): Promise<StoredClaim> {
  const claim = claimId === undefined ? undefined : await read.claims.byId(claimId)
  if (claim?.pairingId !== party.pairingId || claim.accountId !== party.by.accountId) throw notFound()
  return claim
}

/** What became of a claim, as its claimant may know it: nothing of later claims of others. */
function fateOf(claim: StoredClaim): Pick<Mailbox, 'state' | 'claimEnd'> {
  switch (claim.state) {
    case 'open':
      return { state: 'claimed' }
    case 'completed':
    case 'burned':
    case 'expired':
      return { state: claim.state }
    default:
      return { state: 'waiting', claimEnd: claim.state }
  }
}
