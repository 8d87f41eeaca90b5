import { createHash } from 'node:crypto'
import { type ClaimedMachine, claimMachine, type Proposal } from '@muster/contexts/pairing/claimant.ts'
import { parsePin } from '@muster/contexts/pairing/pin.ts'
import { systemClock } from '@muster/runtime/clock.ts'
import { systemRandom } from '@muster/runtime/random.ts'
import type { Person } from './account.ts'

/** Longest time that anything between a claimant and a machine may take in a test. */
const CLAIM_LIMIT_MS = 120_000

/** Claims the machine that shows a PIN, with the very code of the pages and the command line. */
export function claimByPin({ api }: Person, pin: string): Promise<ClaimedMachine> {
  const signal = AbortSignal.timeout(CLAIM_LIMIT_MS)
  return claimMachine({ api, pin: parsePin(pin), random: systemRandom, clock: systemClock, signal })
}

/** A text as a proposal to a claimed machine. */
export function proposalOf(name: string, text: string): Proposal {
  const digest = createHash('sha256').update(text).digest('hex')
  return { context: { name, digest }, text, isStrict: false }
}

/** The PIN with another last letter: right machine, wrong secret. */
export function withWrongSecret(pin: string): string {
  return pin.slice(0, -1) + (pin.endsWith('B') ? 'C' : 'B')
}

/** The code of what a promise fails with; undefined when it does not fail or has none. */
export async function failureCode(promise: Promise<unknown>): Promise<string | undefined> {
  return await promise.then(
    () => undefined,
    (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error)),
  )
}
