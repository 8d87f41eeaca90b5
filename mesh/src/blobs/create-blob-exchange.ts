import type { Clock } from '@muster/runtime/clock.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { Random } from '@muster/runtime/random.ts'
import type { Streams } from '../network/streams.ts'
import { createAvoidance } from './avoidance.ts'
import type { BlobCounts, BlobExchange } from './exchange.ts'
import { createFetches } from './fetches.ts'
import { DEFAULT_GRANT_OPTIONS, type GrantOptions, initialGrants } from './grants.ts'
import { BLOB_PROTOCOL } from './messages.ts'
import type { BlobPeers } from './peers.ts'
import { serveBlob } from './serve.ts'
import { createServedLog } from './served.ts'
import { createSlots, DEFAULT_SLOT_OPTIONS, type SlotOptions } from './slots.ts'
import { DEFAULT_SOURCE_OPTIONS, type SourceOptions } from './source-state.ts'
import type { BlobStore } from './store.ts'

/** What an exchange stands on. */
export interface BlobExchangeParts {
  readonly store: BlobStore
  readonly streams: Streams
  readonly peers: BlobPeers
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/** Numbers of an exchange; each is explained where it is defined. */
export interface BlobExchangeOptions {
  readonly sources: SourceOptions
  readonly slots: SlotOptions
  readonly grants: GrantOptions
  readonly openMs: number
  readonly stallMs: number
  /** Who asks for what is being fetched here waits so long in its conversation; less than `stallMs`. */
  readonly holdMs: number
  /** Conversations that wait so at once. */
  readonly maxHeld: number
  /** Fetches at once; others wait for their turn. */
  readonly maxFetches: number
  /** Fetches for others at once; more are refused. */
  readonly maxDuties: number
  /** After a fetch for others in vain the next one for the same blob is refused for so long. */
  readonly vainMs: number
  /** How long a peer that sent wrong content is not asked. */
  readonly avoidMs: number
}

export const DEFAULT_EXCHANGE_OPTIONS: BlobExchangeOptions = {
  sources: DEFAULT_SOURCE_OPTIONS,
  slots: DEFAULT_SLOT_OPTIONS,
  grants: DEFAULT_GRANT_OPTIONS,
  openMs: 10_000,
  stallMs: 20_000,
  holdMs: 5_000,
  maxHeld: 256,
  maxFetches: 8,
  maxDuties: 16,
  vainMs: 5_000,
  avoidMs: 10 * 60_000,
}

/** An exchange that serves from now on. */
export function createBlobExchange(
  parts: BlobExchangeParts,
  options: BlobExchangeOptions = DEFAULT_EXCHANGE_OPTIONS,
): BlobExchange {
  const { store, streams, peers, clock, random, log } = parts
  const avoidance = createAvoidance(clock, options.avoidMs)
  const served = createServedLog()
  const slots = createSlots(options.slots)
  const fetches = createFetches({ store, streams, peers, clock, log, avoidance }, options)
  const grants = { state: initialGrants(options.grants) }
  let putOff = 0
  streams.serve(BLOB_PROTOCOL, (stream) =>
    serveBlob(
      {
        store,
        peers,
        clock,
        random,
        slots,
        log: served,
        stallMs: options.stallMs,
        grants,
        isFetching: fetches.isRunning,
        untilFetched: fetches.untilEnded,
        fetchOnDuty: fetches.beginDuty,
        onPutOff: () => {
          putOff += 1
        },
      },
      stream,
    ),
  )
  const counts = (): BlobCounts => {
    const each = served.counts()
    return {
      ...fetches.counts(),
      served: each,
      blobsServed: each.reduce((sum, { blobs }) => sum + blobs, 0),
      blobBytesServed: each.reduce((sum, { bytes }) => sum + bytes, 0),
      putOff,
      wrongContent: avoidance.count,
      servingNow: slots.busy,
    }
  }
  return { fetch: fetches.fetch, counts, servings: served.servings, stop: fetches.stop }
}
