import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { Event } from '@muster/contexts/wire/events.ts'
import { timeoutSignal } from '@muster/runtime/clock.ts'
import type { AccountPrincipal } from '../http/principal.ts'
import type { Parts } from '../parts.ts'

/** A comment is sent after so long without an event, so that proxies keep the connection. */
export const HEARTBEAT_MS = 15_000
/** What clients are told to wait before they connect again. */
const RETRY_MS = 2000
/** Events read from the log and written at once; more are read only when the client has taken these. */
const BATCH = 100
/** A client that takes nothing for so long is let go; it can replay. */
const STALL_MS = 60_000

/** What one stream follows. */
export interface StreamRequest {
  readonly principal: AccountPrincipal
  /** Last sequence the client has seen; absent: from now on. */
  readonly after: number | undefined
  readonly signal: AbortSignal
}

/**
 * Writes an account's events to an open response until the signal aborts, the client stalls, or the session or token
 * that opened it has ended.
 *
 * Holds at most one batch for a slow client: the log is the buffer.
 */
export async function streamEvents(parts: Parts, out: ServerResponse, request: StreamRequest): Promise<void> {
  const { principal, signal } = request
  const { accountId } = principal
  const subscription = parts.wakeups.subscribe(accountId)
  try {
    out.write(`retry: ${RETRY_MS}\n\n`)
    let position = await startOf(parts, out, request)
    while (!signal.aborted) {
      const events = await parts.store.read.events.after(accountId, position, BATCH)
      for (const event of events) out.write(encodeEvent(event))
      position = events.at(-1)?.sequence ?? position
      if (!(await isDrained(parts, out, signal))) return
      if (!(await parts.guards.isStillSignedIn(principal))) return
      if (events.length > 0) continue
      const heartbeat = timeoutSignal(parts.clock, HEARTBEAT_MS, signal)
      await subscription.wait(heartbeat.signal)
      heartbeat.cancel()
      if (heartbeat.signal.aborted && !signal.aborted) out.write(': still here\n\n')
    }
  } finally {
    subscription.close()
  }
}

/** One event in the format of server-sent events. */
export function encodeEvent(event: Event): string {
  return `id: ${event.sequence}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
}

/** Where to begin; tells the client to resync when what it missed is not replayed. */
async function startOf(
  parts: Parts,
  out: ServerResponse,
  { principal: { accountId }, after }: StreamRequest,
): Promise<number> {
  const { events } = parts.store.read
  const { latest, prunedThrough } = await events.bounds()
  if (after === undefined) return latest
  const { replayedEvents } = parts.limits
  const isReplayable =
    after >= prunedThrough &&
    after <= latest &&
    (await events.countAfter(accountId, after, replayedEvents + 1)) <= replayedEvents
  if (isReplayable) return after
  out.write(`id: ${latest}\nevent: resync\ndata: ${JSON.stringify({ sequence: latest })}\n\n`)
  return latest
}

/** Waits until the client has taken what was written. @returns false when it has not in time or is gone */
async function isDrained(parts: Parts, out: ServerResponse, signal: AbortSignal): Promise<boolean> {
  if (!out.writableNeedDrain) return true
  const patience = timeoutSignal(parts.clock, STALL_MS, signal)
  try {
    await once(out, 'drain', { signal: patience.signal })
    return true
  } catch {
    // The client is gone, the server stops, or nothing was taken in time: the stream ends, the client replays.
    return false
  } finally {
    patience.cancel()
  }
}
