import type { Claim } from '@muster/contexts/wire/pairings.ts'
import { networkOf } from '../address.ts'
import { ApiError, notFound, slowDown } from '../http/api-error.ts'
import type { AccountPrincipal } from '../http/principal.ts'
import type { Bucket } from '../http/rate-limit.ts'
import type { Parts } from '../parts.ts'
import type { StoredClaim } from '../store/claims.ts'
import type { StoredPairing } from '../store/pairings.ts'
import type { Repositories } from '../store/repositories.ts'
import type { Transaction } from '../store/store.ts'
import { wireTime } from '../wire-time.ts'
import { CLAIM_LIFE_MS, endClaim, move, settle } from './settle.ts'

/** What a person does with a PIN. */
export interface Claims {
  /** @throws {ApiError} pin-unknown — unknown, expired, used or taken, alike; slow-down */
  claim(locator: string, by: AccountPrincipal, address: string): Promise<Claim>
  /**
   * Gives a claim up; one that has ended stays as it is.
   *
   * @throws {ApiError} not-found — not a claim of this account on this pairing
   */
  giveUp(pairingId: string, claimId: string | undefined, by: AccountPrincipal): Promise<void>
}

/** The buckets in which a wrong PIN counts. */
export function wrongTryBuckets(parts: Parts, accountId: string, network: string): readonly Bucket[] {
  const { wrongClaimsPerAccount, wrongClaimsPerNetwork, wrongClaimsInAll } = parts.limits
  return [
    { name: `claim:${accountId}`, limit: wrongClaimsPerAccount },
    { name: `claim-from:${network}`, limit: wrongClaimsPerNetwork },
    { name: 'claim', limit: wrongClaimsInAll },
  ]
}

/** Creates the person's side of pairings. */
export function createClaims(parts: Parts): Claims {
  const { store, clock, limits, rateLimits, metrics } = parts

  return {
    async claim(locator, by, address) {
      const network = networkOf(address)
      const buckets = wrongTryBuckets(parts, by.accountId, network)
      const claimed = await store.write(async (tx) => {
        await checkLimits(tx, buckets, by.accountId)
        const pairing = await findFree(tx, locator, by.accountId)
        if (pairing === undefined) {
          await rateLimits.count(tx, buckets)
          return undefined
        }
        const claim = await open(tx, pairing, by, network)
        return { pairing, claim }
      })
      if (claimed === undefined) {
        metrics.refusedClaim('unknown')
        throw new ApiError('pin-unknown')
      }
      metrics.pairing('claimed')
      return presentClaim(claimed.pairing, claimed.claim)
    },

    async giveUp(pairingId, claimId, by) {
      await store.write(async (tx) => {
        const stale = await tx.pairings.byId(pairingId)
        const wanted = claimId ?? stale?.claimId
        const claim = wanted === undefined || wanted === null ? undefined : await tx.claims.byId(wanted)
        if (stale === undefined || claim?.pairingId !== pairingId || claim.accountId !== by.accountId) throw notFound()
        const { pairing } = await settle(parts, tx, stale)
        if (pairing.state === 'claimed' && pairing.claimId === claim.id) await endClaim(tx, pairing, 'given-up')
      })
    },
  }

  async function checkLimits(tx: Repositories, buckets: readonly Bucket[], accountId: string): Promise<void> {
    try {
      await rateLimits.check(tx, buckets)
      const { count, windowMs } = limits.claimsPerAccount
      const made = await tx.claims.countSince(accountId, clock.now() - windowMs, count)
      if (made >= count) throw slowDown(windowMs)
    } catch (error) {
      metrics.refusedClaim('limited')
      throw error
    }
  }

  /** A pairing that this account may claim: one that waits, or one that it has claimed itself (the page was reloaded). */
  async function findFree(tx: Transaction, locator: string, accountId: string): Promise<StoredPairing | undefined> {
    const found = await tx.pairings.byLocator(locator)
    if (found === undefined) return undefined
    const { pairing, claim } = await settle(parts, tx, found)
    if (pairing.state === 'waiting') return pairing
    const isOwn = pairing.state === 'claimed' && claim?.accountId === accountId
    return isOwn ? endClaim(tx, pairing, 'given-up') : undefined
  }

  async function open(
    tx: Transaction,
    pairing: StoredPairing,
    by: AccountPrincipal,
    network: string,
  ): Promise<StoredClaim> {
    const now = clock.now()
    const claim: StoredClaim = {
      id: parts.ids('clm'),
      pairingId: pairing.id,
      accountId: by.accountId,
      network,
      state: 'open',
      messageCount: 0,
      messageChars: 0,
      createdAt: now,
      expiresAt: Math.min(now + CLAIM_LIFE_MS, pairing.expiresAt),
    }
    await tx.mailbox.clear(pairing.id)
    await tx.claims.insert(claim)
    await move(tx, pairing, { ...pairing, state: 'claimed', claimId: claim.id })
    await tx.events.append({
      accountId: by.accountId,
      at: now,
      type: 'pairing-claimed',
      subject: pairing.id,
      actor: by.accountId,
      data: { claimId: claim.id, hostname: pairing.facts.hostname },
    })
    return claim
  }
}

function presentClaim(pairing: StoredPairing, claim: StoredClaim): Claim {
  return {
    claimId: claim.id,
    pairingId: pairing.id,
    facts: pairing.facts,
    agentPublicKey: pairing.agentPublicKey,
    seenFrom: pairing.seenFrom,
    accountId: claim.accountId,
    expiresAt: wireTime(claim.expiresAt),
  }
}
