import { ApiError } from '@muster/contexts/api/api-error.ts'
import type { ApiClient } from '@muster/contexts/api/client.ts'
import { drawSecret, type Pin } from '@muster/contexts/pairing/pin.ts'
import { Secret } from '@muster/contexts/secret.ts'
import type { IssuedPairing, MachineFacts } from '@muster/contexts/wire/pairings.ts'
import type { Clock } from '@muster/runtime/clock.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { Random } from '@muster/runtime/random.ts'
import { retry } from '@muster/runtime/retry.ts'
import type { NetworkFacts } from '../facts/network-facts.ts'
import { callFailureOf, failureOn } from './call-failure.ts'
import type { CallFailure } from './events.ts'
import { type PairedMachine, PIN_LIFE_MS } from './state.ts'

/** What the calls stand on. */
export interface CoordinatorCallsDeps {
  readonly api: ApiClient
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly agentPublicKey: string
  readonly readMachineFacts: (signal: AbortSignal) => Promise<MachineFacts>
  readonly readNetwork: (signal: AbortSignal) => Promise<NetworkFacts>
}

/** A PIN as the coordinator issued it, with the half that it does not know. */
export interface IssuedPin {
  readonly pairingId: string
  readonly pin: Pin
  readonly agentToken: Secret
  readonly verificationUrl: string
  /** How far the wall clock here is behind the coordinator's. */
  readonly clockSkewMs: number
}

/** The answer, or why there is none. */
export type Answered<T> = { readonly value: T } | { readonly failure: CallFailure }

/** Calls of an agent that is being paired, with their failures as values. */
export interface CoordinatorCalls {
  /** A failure comes with what the machine is now: it may have got an address meanwhile. */
  issue(signal: AbortSignal): Promise<Answered<IssuedPin> & { readonly facts: MachineFacts }>
  complete(client: ApiClient, pairingId: string, claimId: string, signal: AbortSignal): Promise<Answered<PairedMachine>>
  /** Tells that a claim failed; tries a few times, and leaves it then: the coordinator ends the claim by itself. */
  reject(
    client: ApiClient,
    pairingId: string,
    claim: { readonly claimId: string; readonly reason: 'wrong-pin' | 'protocol' },
    signal: AbortSignal,
  ): Promise<void>
  /** Ends a pairing at the coordinator; likewise. */
  burn(client: ApiClient, pairingId: string, signal: AbortSignal): Promise<void>
}

const ATTEMPTS = 4
const BACKOFF = { baseMs: 300, maxMs: 3_000 } as const

/** The calls over a client. */
export function createCoordinatorCalls(deps: CoordinatorCallsDeps): CoordinatorCalls {
  async function answered<T>(call: () => Promise<T>, signal: AbortSignal): Promise<Answered<T>> {
    try {
      return { value: await call() }
    } catch (error) {
      signal.throwIfAborted()
      return { failure: callFailureOf(error, deps.random) }
    }
  }

  async function tell(what: string, call: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const isRetryable = (error: unknown) => error instanceof ApiError && error.isTransient
    const { clock, random, log } = deps
    try {
      await retry(call, { attempts: ATTEMPTS, ...BACKOFF, clock, random, signal, isRetryable })
    } catch (error) {
      if (signal.aborted) return
      if (!(error instanceof ApiError)) throw error
      log.info({ code: error.code, status: error.status }, `${what} could not be told to the coordinator`)
    }
  }

  async function issue(facts: MachineFacts, signal: AbortSignal): Promise<IssuedPin> {
    const issued = await deps.api.pairings.issue({ facts, agentPublicKey: deps.agentPublicKey }, { signal })
    return {
      pairingId: issued.pairingId,
      pin: { locator: issued.locator, secret: drawSecret(deps.random) },
      agentToken: new Secret(issued.agentToken),
      verificationUrl: issued.verificationUrl,
      clockSkewMs: skewOf(issued, deps.clock.now()),
    }
  }

  return {
    async issue(signal) {
      const facts = await deps.readMachineFacts(signal)
      const answer = await answered(() => issue(facts, signal), signal)
      if ('value' in answer) return { ...answer, facts }
      const { cards } = await deps.readNetwork(signal)
      return { failure: failureOn({ addresses: facts.addresses, cards }, answer.failure), facts }
    },
    complete: (client, pairingId, claimId, signal) =>
      answered(async () => {
        const { machineId, machineToken, owner } = await client.pairings.complete(pairingId, claimId, { signal })
        return { machineId, machineToken: new Secret(machineToken), owner }
      }, signal),
    reject: (client, pairingId, claim, signal) =>
      tell('the end of a claim', () => client.pairings.rejectClaim(pairingId, claim, { signal }), signal),
    burn: (client, pairingId, signal) =>
      tell('the end of a PIN', () => client.pairings.burn(pairingId, { signal }), signal),
  }
}

/** The coordinator says when the PIN ends, which tells what its clock says now. */
function skewOf(issued: IssuedPairing, now: number): number {
  return Date.parse(issued.expiresAt) - PIN_LIFE_MS - now
}
