import type { CompletedPairing, IssuedPairing, NewPairing, RejectClaim } from '@muster/contexts/wire/pairings.ts'
import { networkOf } from '../address.ts'
import { ApiError, slowDown } from '../http/api-error.ts'
import type { Parts } from '../parts.ts'
import type { StoredPairing } from '../store/pairings.ts'
import type { Repositories } from '../store/repositories.ts'
import type { Transaction } from '../store/store.ts'
import { hashToken, issueToken } from '../token.ts'
import { wireTime } from '../wire-time.ts'
import { wrongTryBuckets } from './claims.ts'
import { drawLetters } from './locator.ts'
import { adoptMachine } from './machine.ts'
import { endClaim, endPairing, MAILBOX_LIFE_MS, move, PIN_LIFE_MS, settle } from './settle.ts'

/** Draws until a free locator is found; with 10,000 of 160,000 in use, 20 in a row fail once in 10^24. */
const LOCATOR_DRAWS = 20

/** What an agent does with its pairing. */
export interface Pairings {
  /** @throws {ApiError} slow-down when too many are live */
  issue(wish: NewPairing, address: string): Promise<IssuedPairing>
  /** Burns the PIN; an ended or completed pairing stays as it is. */
  burn(pairing: StoredPairing): Promise<void>
  /** @throws {ApiError} claim-ended */
  reject(pairing: StoredPairing, rejection: RejectClaim): Promise<void>
  /** @throws {ApiError} claim-ended, too-many */
  complete(pairing: StoredPairing, claimId: string): Promise<CompletedPairing>
}

/** Creates the agent's side of pairings. */
export function createPairings(parts: Parts): Pairings {
  const { store, clock, ids, random, limits, metrics, rateLimits } = parts

  return {
    async issue(wish, address) {
      const agentToken = issueToken('msa', random)
      const now = clock.now()
      const pairing = {
        id: ids('pair'),
        state: 'waiting' as const,
        agentTokenHash: hashToken(agentToken),
        agentPublicKey: wish.agentPublicKey,
        facts: wish.facts,
        seenFrom: address,
        network: networkOf(address),
        claimId: null,
        machineId: null,
        nextSequence: 1,
        createdAt: now,
        expiresAt: now + PIN_LIFE_MS,
      }
      const locator = await store.write(async (tx) => {
        await checkRoom(tx, pairing.network)
        return insertWithLocator(tx, pairing)
      })
      metrics.pairing('issued')
      return {
        pairingId: pairing.id,
        locator,
        agentToken,
        expiresAt: wireTime(pairing.expiresAt),
        verificationUrl: `${parts.publicUrl().replace(/^https:\/\//, '')}/pair`,
      }
    },

    async burn({ id }) {
      await store.write(async (tx) => {
        const view = await settle(parts, tx, await current(tx, id))
        if (view.pairing.state !== 'waiting' && view.pairing.state !== 'claimed') return
        await endPairing(parts, tx, view, 'burned')
        metrics.pairing('burned')
      })
    },

    async reject({ id }, { claimId, reason }) {
      await store.write(async (tx) => {
        const { pairing, claim } = await settle(parts, tx, await current(tx, id))
        if (claim === undefined || claim.id !== claimId || pairing.state !== 'claimed') {
          const earlier = await tx.claims.byId(claimId)
          if (earlier?.pairingId === id && earlier.state === reason) return
          throw new ApiError('claim-ended')
        }
        await endClaim(tx, pairing, reason)
        if (reason === 'wrong-pin') await rateLimits.count(tx, wrongTryBuckets(parts, claim.accountId, claim.network))
        metrics.pairing(reason === 'wrong-pin' ? 'wrong-pin' : 'rejected')
        await tx.events.append({
          accountId: claim.accountId,
          at: clock.now(),
          type: 'pairing-rejected',
          subject: id,
          actor: id,
          data: { claimId, reason },
        })
      })
    },

    complete: ({ id }, claimId) => store.write(async (tx) => complete(tx, await current(tx, id), claimId)),
  }

  async function checkRoom(tx: Repositories, network: string): Promise<void> {
    const { livePairings, livePairingsPerNetwork, newPairingsPerNetwork } = limits
    const { count, windowMs } = newPairingsPerNetwork
    const isFull =
      (await tx.pairings.countLive(livePairings)) >= livePairings ||
      (await tx.pairings.countLive(livePairingsPerNetwork, network)) >= livePairingsPerNetwork ||
      (await tx.pairings.countMadeSince(network, clock.now() - windowMs, count)) >= count
    if (isFull) throw slowDown(60_000, 'Too many machines wait to be paired.')
  }

  async function insertWithLocator(tx: Repositories, pairing: Omit<StoredPairing, 'locator'>): Promise<string> {
    for (let draw = 0; draw < LOCATOR_DRAWS; draw += 1) {
      const locator = drawLetters(4, random)
      if (await tx.pairings.insert({ ...pairing, locator })) return locator
    }
    throw slowDown(60_000, 'Too many machines wait to be paired.')
  }

  async function complete(tx: Transaction, stale: StoredPairing, claimId: string): Promise<CompletedPairing> {
    const { pairing, claim } = await settle(parts, tx, stale)
    const isRepeated = pairing.state === 'completed'
    if (claim?.id !== claimId || !(isRepeated || pairing.state === 'claimed')) throw new ApiError('claim-ended')
    const owner = await tx.accounts.byId(claim.accountId)
    if (owner === undefined) throw new ApiError('claim-ended')
    const { machineId, machineToken } = await adoptMachine(parts, tx, pairing, owner.id)
    if (!isRepeated) {
      await tx.claims.setState(claim.id, 'completed')
      const expiresAt = clock.now() + MAILBOX_LIFE_MS
      await move(tx, pairing, { ...pairing, state: 'completed', locator: null, machineId, expiresAt })
      metrics.pairing('completed')
      await tx.events.append({
        accountId: owner.id,
        at: clock.now(),
        type: 'pairing-completed',
        subject: pairing.id,
        actor: machineId,
        data: { claimId, machineId },
      })
    }
    return { machineId, machineToken, owner: { accountId: owner.id, login: owner.login } }
  }
}

/** The pairing as it is in this transaction; its agent was authenticated before. */
async function current(tx: Repositories, id: string): Promise<StoredPairing> {
  const pairing = await tx.pairings.byId(id)
  if (pairing === undefined) throw new ApiError('not-signed-in')
  return pairing
}
