import type { Machine } from '@muster/contexts/wire/machines.ts'
import type { Claim } from '@muster/contexts/wire/pairings.ts'

/** A claim lives two minutes; a little more for the handshake at its end. */
const CLAIM_LIFE_MS = 150_000

/**
 * The machine that a claim led to: the only one paired since the claim began, by the coordinator's clock. Undefined
 * while it is not listed yet, or when several were paired meanwhile.
 */
export function findPairedMachine(machines: readonly Machine[], claim: Claim): Machine | undefined {
  const begun = Date.parse(claim.expiresAt) - CLAIM_LIFE_MS
  const candidates = machines.filter((machine) => Date.parse(machine.pairedAt) >= begun)
  const sameHost = candidates.filter((machine) => machine.status.hostname === claim.facts.hostname)
  const choices = sameHost.length > 0 ? sameHost : candidates
  return choices.length === 1 ? choices[0] : undefined
}
