import type { Clock } from '@muster/runtime/clock.ts'
import { MAX_STREAMS_PER_STRANGER, MAX_UNREAD_OF_STRANGER_BYTES, STRANGER_CHECK_MS } from './limits.ts'
import { MAX_RELAYED_PER_STRANGER, relayedBy } from './relay.ts'
import type { Session } from './session.ts'

/** Cuts a stranger off that holds more than it may. @returns whether it did */
export function cutIfGreedy(session: Session): boolean {
  if (session.isStanding()) return false
  const { streams } = session.connection
  const unread = streams.reduce((sum, { readBufferLength }) => sum + readBufferLength, 0)
  // Those through this node to another have a bound of their own.
  const relayed = Math.min(relayedBy(session), MAX_RELAYED_PER_STRANGER)
  if (streams.length - relayed <= MAX_STREAMS_PER_STRANGER && unread <= MAX_UNREAD_OF_STRANGER_BYTES) return false
  session.cut('A stranger holds more than it may')
  return true
}

/** Looks at a new connection until its peer is a member or the signal aborts; streams that speak no protocol yet tell nobody. */
export async function watchStranger(session: Session, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && session.connection.status === 'open' && !session.isStanding()) {
    if (cutIfGreedy(session)) return
    await clock.sleep(STRANGER_CHECK_MS, signal).catch(() => undefined)
  }
}
