import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { Value } from 'typebox/value'
import type { PollClock } from '../pairing/ports.ts'
import { API_BASE } from '../wire/common.ts'
import { Event } from '../wire/events.ts'
import { ApiError } from './api-error.ts'
import { type CallOptions, chunksOf, type FetchBody, type Requester } from './requester.ts'

/** What the stream says: an event, or that some were missed and the lists are to be read again. */
export type StreamItem = { readonly type: 'event'; readonly event: Event } | { readonly type: 'resync' }

/** Where to begin and how to wait. */
export interface EventStreamOptions extends CallOptions {
  /** Sequence after which events are wanted; without, from now on. */
  readonly after?: number
  readonly clock: PollClock
}

/** Wait before the first reconnection; it doubles up to the longest. */
export const RECONNECT_BASE_MS = 1_000
/** Longest wait between reconnections. */
export const RECONNECT_MAX_MS = 30_000
/** Largest event that is read, in characters. */
const MAX_EVENT_CHARS = 1_000_000

/**
 * Events of the asking account as they happen. A lost connection is made again after the last event that was seen, so
 * that none is left out; a refusal (sign-in, right) ends it.
 *
 * @throws {ApiError} what will not pass by waiting; the signal's reason when aborted
 */
export async function* readEvents(
  requester: Requester,
  options: EventStreamOptions,
): AsyncGenerator<StreamItem, never> {
  let after = options.after
  let failures = 0
  for (;;) {
    try {
      for await (const item of readConnection(requester, after, options.signal)) {
        failures = 0
        if (item.type === 'event') after = item.event.sequence
        yield item
      }
    } catch (error) {
      if (!(error instanceof ApiError) || !error.isTransient) throw error
    }
    options.signal?.throwIfAborted()
    await options.clock.sleep(Math.min(RECONNECT_MAX_MS, RECONNECT_BASE_MS * 2 ** failures), options.signal)
    failures += 1
  }
}

async function* readConnection(
  requester: Requester,
  after: number | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<StreamItem, void> {
  const headers = {
    accept: 'text/event-stream',
    ...(after === undefined ? {} : { 'last-event-id': String(after) }),
  }
  const response = await requester.open({ method: 'GET', path: `${API_BASE}/events`, signal }, headers)
  if (response.body === null) return
  const ready: StreamItem[] = []
  const parser = createParser({
    maxBufferSize: MAX_EVENT_CHARS,
    onEvent: (message) => {
      const item = decodeItem(message)
      if (item !== undefined) ready.push(item)
    },
    onError: (error) => {
      if (error.type !== 'max-buffer-size-exceeded') return
      throw new ApiError('too-large', 'The event stream holds an event above the limit')
    },
  })
  const decoder = new TextDecoder()
  for await (const chunk of quietChunksOf(response.body, signal)) {
    parser.feed(decoder.decode(chunk, { stream: true }))
    yield* ready.splice(0)
  }
}

/** A broken connection ends the stream like a closed one: both are followed by a reconnection. */
async function* quietChunksOf(body: FetchBody, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array, void> {
  try {
    yield* chunksOf(body)
  } catch (error) {
    if (error instanceof ApiError) throw error
    signal?.throwIfAborted()
  }
}

function decodeItem({ event, data }: EventSourceMessage): StreamItem | undefined {
  if (event === 'resync') return { type: 'resync' }
  const value = parseJson(data)
  // An event of a type that this version does not know is for others.
  return Value.Check(Event, value) ? { type: 'event', event: value } : undefined
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
