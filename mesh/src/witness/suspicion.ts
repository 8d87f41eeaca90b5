import type { PeerId } from '../admission/membership.ts'
import type { Version } from '../records/order.ts'

/** One witness's statement that it has lost a member, as this observer holds it. */
export interface Suspicion {
  /** Last that the witness knew of the member: anything newer that the member says refutes it. */
  readonly about: Version
  /** When this observer learned of it. */
  readonly heardAt: number
}

/** How long a suspected member has to answer. */
export interface SuspicionTimes {
  /** With `wanted` confirmations or more. Lower: a short pause is called a death. */
  readonly minMs: number
  /** With none. Higher: one single witness is believed later. */
  readonly maxMs: number
  /** Further witnesses, besides the first, that bring the time to `minMs`. */
  readonly wanted: number
}

/**
 * Time left before a suspected member counts as gone.
 *
 * It falls from `maxMs` to `minMs` with the logarithm of the confirmations: one lost packet costs patience, many
 * witnesses do not, and the first confirmations count most.
 *
 * @param confirmations - witnesses besides the first, 0 or more
 * @param elapsedMs - since the first suspicion was heard
 * @returns milliseconds; 0 or less: the time is over
 * @see hashicorp/memberlist suspicion.go, remainingSuspicionTime (the idea; the numbers are ours)
 */
export function remainingSuspicionMs(confirmations: number, elapsedMs: number, times: SuspicionTimes): number {
  const { minMs, maxMs, wanted } = times
  if (wanted < 1) return minMs - elapsedMs
  const share = Math.log(Math.min(confirmations, wanted) + 1) / Math.log(wanted + 1)
  return maxMs - share * (maxMs - minMs) - elapsedMs
}

/** When the first of several suspicions was heard; undefined when there is none. */
export function suspectedSince(suspicions: ReadonlyMap<PeerId, Suspicion>): number | undefined {
  let since: number | undefined
  for (const { heardAt } of suspicions.values()) if (since === undefined || heardAt < since) since = heardAt
  return since
}
