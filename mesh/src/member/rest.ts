import { directoryDueAt } from '../directory/next.ts'
import { isPublicationDue, publicationDueAt } from '../records/own-records.ts'
import { isRedialDue, redialDueAt } from '../redial/next.ts'
import { calmUntil } from '../witness/calm.ts'
import type { Core } from './core.ts'
import type { Times } from './messages.ts'

/** Whether a tick now changes nothing but the time at which this member was awake: so it is nearly always. */
export function isAtRest(core: Core, { wall, monotonic }: Times): boolean {
  const { witness } = core
  const frozenMs = monotonic - Math.max(witness.seenAt, core.awakeAt)
  if (monotonic >= core.comparing.dueAt || frozenMs >= witness.options.freezeMs) return false
  if (monotonic >= (calmUntil(witness) ?? monotonic) || monotonic >= directoryRest(core)) return false
  return wall < core.store.expiresAt() && !isPublicationDue(core.own, wall) && !isRedialDue(core.redial, wall)
}

/**
 * Monotonic milliseconds before which no tick changes anything, if nothing else happens; now or earlier when the next one
 * may. For simulations, which need not run what changes nothing.
 */
export function restsUntil(core: Core, { wall, monotonic }: Times): number {
  const { own, redial, store } = core
  if (core.hasLeft || isPublicationDue(own, wall) || isRedialDue(redial, wall)) return monotonic
  const wallUntil = Math.min(publicationDueAt(own), redialDueAt(redial), store.expiresAt())
  // The wall clock counts whole milliseconds, so it may be due a part of one earlier.
  const until = monotonic + wallUntil - wall - 1
  return Math.min(until, core.comparing.dueAt, calmUntil(core.witness) ?? monotonic, directoryRest(core))
}

/** Asked with every tick, while the directory seldom changes. */
function directoryRest(core: Core): number {
  const { directory, rest } = core
  if (rest?.of === directory) return rest.until
  const until = directoryDueAt(directory)
  core.rest = { of: directory, until }
  return until
}
