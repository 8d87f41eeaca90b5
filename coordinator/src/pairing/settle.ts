import type { Parts } from '../parts.ts'
import type { StoredClaim } from '../store/claims.ts'
import type { StoredPairing } from '../store/pairings.ts'
import type { Repositories } from '../store/repositories.ts'
import type { Transaction } from '../store/store.ts'

/** A PIN lives so long. */
export const PIN_LIFE_MS = 15 * 60_000
/** A claim that is not completed by then is over. */
export const CLAIM_LIFE_MS = 2 * 60_000
/** The mailbox can be used so long after completion. */
export const MAILBOX_LIFE_MS = 30 * 60_000

/** A pairing with its current claim. */
export interface PairingView {
  readonly pairing: StoredPairing
  readonly claim: StoredClaim | undefined
}

/** Topic that is notified when a pairing or its mailbox changes. */
export function pairingTopic(pairingId: string): string {
  return `pairing:${pairingId}`
}

/** What the clock has ended without anybody writing it down yet. Pure. */
export function overdueOf({ pairing, claim }: PairingView, now: number): 'pin' | 'claim' | 'mailbox' | undefined {
  if (pairing.state === 'completed') return pairing.expiresAt <= now ? 'mailbox' : undefined
  if (pairing.state !== 'waiting' && pairing.state !== 'claimed') return undefined
  if (pairing.expiresAt <= now) return 'pin'
  if (pairing.state === 'claimed' && claim !== undefined && claim.expiresAt <= now) return 'claim'
  return undefined
}

/** When the clock ends something next; undefined when nothing is left to end. */
export function nextEndOf({ pairing, claim }: PairingView): number | undefined {
  if (pairing.state === 'burned' || pairing.state === 'expired') return undefined
  return pairing.state === 'claimed' && claim !== undefined
    ? Math.min(pairing.expiresAt, claim.expiresAt)
    : pairing.expiresAt
}

/** Reads a pairing with its claim. */
export async function readView(read: Repositories, pairing: StoredPairing): Promise<PairingView> {
  const claim = pairing.claimId === null ? undefined : await read.claims.byId(pairing.claimId)
  return { pairing, claim }
}

/** Writes down what the clock has ended, so that the state read is the true one. */
export async function settle(parts: Parts, tx: Transaction, stale: StoredPairing): Promise<PairingView> {
  const view = await readView(tx, stale)
  const overdue = overdueOf(view, parts.clock.now())
  if (overdue === 'pin') {
    parts.metrics.pairing('expired')
    return { ...view, pairing: await endPairing(parts, tx, view, 'expired') }
  }
  if (overdue === 'claim') {
    parts.metrics.pairing('timed-out')
    return { pairing: await endClaim(tx, view.pairing, 'timed-out'), claim: undefined }
  }
  return view
}

/** Ends a live pairing: its locator is free, its messages are gone. */
export async function endPairing(
  parts: Parts,
  tx: Transaction,
  { pairing, claim }: PairingView,
  state: 'burned' | 'expired',
): Promise<StoredPairing> {
  if (claim?.state === 'open') await tx.claims.setState(claim.id, state)
  await tx.mailbox.clear(pairing.id)
  const expiresAt = Math.min(pairing.expiresAt, parts.clock.now())
  return move(tx, pairing, { ...pairing, state, locator: null, expiresAt })
}

/** Ends a claim; the pairing waits again. Its messages stay for the claimant until the next claim. */
export async function endClaim(
  tx: Transaction,
  pairing: StoredPairing,
  state: 'wrong-pin' | 'protocol' | 'declined' | 'given-up' | 'timed-out',
): Promise<StoredPairing> {
  if (pairing.claimId !== null) await tx.claims.setState(pairing.claimId, state)
  return move(tx, pairing, { ...pairing, state: 'waiting', claimId: null })
}

/** Changes a pairing from the state that was read. */
export async function move(tx: Transaction, from: StoredPairing, to: StoredPairing): Promise<StoredPairing> {
  // Only another replica's transaction in the same moment can have moved it.
  if (!(await tx.pairings.update(to, from.state))) throw new Error(`pairing ${from.id} was changed meanwhile`)
  tx.notify(pairingTopic(from.id))
  return to
}
