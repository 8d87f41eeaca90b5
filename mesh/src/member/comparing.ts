import type { PeerId } from '../admission/membership.ts'
import { jittered } from '../spread.ts'

/** When a member compares its records with one of those it is connected with. Times are monotonic, in milliseconds. */
export interface Comparing {
  readonly dueAt: number
  /** Until the next one after that, 20 % more or less. */
  readonly waitMs: number
}

/** After the start, and after a comparison that brought what gossip should have brought long ago. */
const SOONEST_MS = 10_000
/** While nothing is missed; a comparison with all headers is a tenth of what an idle member receives at twice this pace. */
const LATEST_MS = 120_000
/** Gossip crosses a mesh in a second; what is older when it comes by a comparison was missed. */
const MISSED_MS = 10_000

/** A member that has just started: it knows little, and its neighbors pass on to it only what is new. */
export function startComparing(self: PeerId, now: number): Comparing {
  return { dueAt: now + jittered(SOONEST_MS, 0.5, self), waitMs: SOONEST_MS }
}

/** One is under way: while they bring nothing that was missed, the next comes after twice the time. */
export function afterComparing({ waitMs }: Comparing, self: PeerId, now: number): Comparing {
  return { dueAt: now + jittered(waitMs, 0.2, self, now), waitMs: Math.min(LATEST_MS, 2 * waitMs) }
}

/** Whether a record that a comparison brought, and that was new here, should have come by gossip before. */
export function isMissed({ issuedAt }: { readonly issuedAt: number }, wall: number): boolean {
  return wall - issuedAt > MISSED_MS
}

/** Something was missed: there may be more, and gossip may not reach this member well. */
export function onMissed(comparing: Comparing, self: PeerId, now: number): Comparing {
  const soonest = now + jittered(SOONEST_MS, 0.2, self, now)
  return { dueAt: Math.min(comparing.dueAt, soonest), waitMs: SOONEST_MS }
}
