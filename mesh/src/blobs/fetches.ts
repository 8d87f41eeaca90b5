import type { Clock } from '@muster/runtime/clock.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { PeerId } from '../admission/membership.ts'
import { MeshError } from '../fault.ts'
import type { Streams } from '../network/streams.ts'
import type { Avoidance } from './avoidance.ts'
import { type BlobId, isBlobId } from './blob-id.ts'
import type { BlobCounts, BlobFetchOptions, BlobProgress } from './exchange.ts'
import type { BlobPeers } from './peers.ts'
import { runFetch } from './run-fetch.ts'
import type { SourceOptions, SourceView } from './source-state.ts'
import type { BlobReader, BlobStore } from './store.ts'

/** What fetches stand on. */
export interface FetchesParts {
  readonly store: BlobStore
  readonly streams: Streams
  readonly peers: BlobPeers
  readonly clock: Clock
  readonly log: Log
  readonly avoidance: Avoidance
}

interface FetchesOptions {
  readonly sources: SourceOptions
  readonly openMs: number
  readonly stallMs: number
  readonly maxFetches: number
  readonly maxDuties: number
  readonly vainMs: number
  readonly holdMs: number
  readonly maxHeld: number
}

/** The fetches of this process: one for each blob, however many wait for it. */
export interface Fetches {
  fetch(id: BlobId, options?: BlobFetchOptions): Promise<BlobReader>
  isRunning(id: BlobId): boolean
  /** Resolves when the fetch that runs has ended or `holdMs` are over; at once when none runs or too many wait. */
  untilEnded(id: BlobId): Promise<void>
  beginDuty(id: BlobId): boolean
  counts(): Pick<BlobCounts, 'blobsFetched' | 'blobBytesFetched' | 'fetchesFailed' | 'fetchingNow'>
  stop(): Promise<void>
}

/** One fetch and those who wait for it. */
interface Running {
  readonly done: Promise<void>
  readonly listeners: Set<(progress: BlobProgress) => void>
  /** Ends it; who asks from now on begins another. */
  readonly cancel: () => void
  /** Callers that wait; at 0 the fetch ends, unless it is for others too. */
  waiting: number
  isDuty: boolean
}

/** Times that a blob may vanish from the store between its arrival and its opening. */
const MAX_ATTEMPTS = 3
const MAX_VAIN = 1_000

/** Nothing is fetched yet. */
export function createFetches(parts: FetchesParts, options: FetchesOptions): Fetches {
  const { store, clock, log } = parts
  const running = new Map<BlobId, Running>()
  const tasks = new Set<Promise<void>>()
  const vain = new Map<BlobId, number>()
  const turns = createTurns(options.maxFetches)
  const count = { blobsFetched: 0, blobBytesFetched: 0, fetchesFailed: 0 }
  const stopped = new AbortController()
  let held = 0

  const begin = (id: BlobId): Running => {
    const abort = new AbortController()
    const listeners = new Set<(progress: BlobProgress) => void>()
    const signal = AbortSignal.any([abort.signal, stopped.signal])
    const run = async () => {
      const release = await turns(signal)
      try {
        // What was put into the store while this one waited for its turn need not be fetched.
        if (!store.has(id)) await runFetch(id, fetchParts(parts, options, listeners, count), signal)
      } catch (error) {
        if (signal.aborted) throw error
        count.fetchesFailed += 1
        vain.delete(id)
        vain.set(id, clock.monotonic() + options.vainMs)
        if (vain.size > MAX_VAIN) vain.delete(vain.keys().next().value ?? id)
        log.warn({ blob: id, error }, 'a blob could not be fetched')
        throw error
      } finally {
        release()
      }
    }
    const leave = () => {
      if (running.get(id) === one) running.delete(id)
    }
    const cancel = () => {
      leave()
      abort.abort(new DOMException('nobody waits for it', 'AbortError'))
    }
    const done = Promise.resolve().then(run).finally(leave)
    const one: Running = { done, listeners, cancel, waiting: 0, isDuty: false }
    running.set(id, one)
    // Whoever waits hears of it; a fetch for others has nobody who waits.
    const task = done.catch(() => undefined)
    tasks.add(task)
    void task.then(() => tasks.delete(task))
    return one
  }

  const fetch = async (id: BlobId, { signal, onProgress }: BlobFetchOptions = {}) => {
    if (!isBlobId(id))
      throw new MeshError('malformed', 'That is not the SHA-256 of a blob', {
        hint: 'It has 64 digits of lower-case hex.',
      })
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      signal?.throwIfAborted()
      stopped.signal.throwIfAborted()
      const reader = await store.open(id)
      if (reader !== undefined) return reader
      await join(running.get(id) ?? begin(id), signal, onProgress)
    }
    const reader = await store.open(id)
    if (reader === undefined)
      throw new MeshError('no-space', `Blob ${id} does not stay in the cache`, {
        hint: 'Raise the bound of the cache.',
      })
    return reader
  }

  return {
    fetch,
    isRunning: (id) => running.has(id),
    async untilEnded(id) {
      const one = running.get(id)
      if (one === undefined || held >= options.maxHeld) return
      held += 1
      const over = new AbortController()
      const pause = clock.sleep(options.holdMs, AbortSignal.any([over.signal, stopped.signal]))
      await Promise.race([one.done, pause]).catch(() => undefined)
      over.abort()
      held -= 1
    },
    beginDuty(id) {
      const current = running.get(id)
      if (current !== undefined) {
        current.isDuty = true
        return true
      }
      const duties = [...running.values()].filter(({ isDuty }) => isDuty).length
      if (stopped.signal.aborted || duties >= options.maxDuties || (vain.get(id) ?? 0) > clock.monotonic()) return false
      begin(id).isDuty = true
      return true
    },
    counts: () => ({ ...count, fetchingNow: running.size }),
    async stop() {
      stopped.abort(new DOMException('the exchange has stopped', 'AbortError'))
      await Promise.all(tasks)
    },
  }
}

/** Waits for a fetch that others may wait for too. */
async function join(one: Running, signal: AbortSignal | undefined, onProgress: BlobFetchOptions['onProgress']) {
  const aborted = Promise.withResolvers<never>()
  const onAbort = () => aborted.reject(signal?.reason)
  signal?.addEventListener('abort', onAbort, { once: true })
  if (onProgress !== undefined) one.listeners.add(onProgress)
  one.waiting += 1
  try {
    await Promise.race([one.done, aborted.promise])
  } finally {
    one.waiting -= 1
    signal?.removeEventListener('abort', onAbort)
    if (onProgress !== undefined) one.listeners.delete(onProgress)
    if (one.waiting === 0 && !one.isDuty) one.cancel()
  }
}

function fetchParts(
  { store, streams, peers, clock, log, avoidance }: FetchesParts,
  { sources, openMs, stallMs }: FetchesOptions,
  listeners: ReadonlySet<(progress: BlobProgress) => void>,
  count: { blobsFetched: number; blobBytesFetched: number },
) {
  const allowed = (ones: readonly PeerId[]) => ones.filter((peer) => !avoidance.isAvoided(peer))
  return {
    self: peers.self,
    store,
    transfers: { streams, clock, addressesOf: peers.addressesOf, openMs, stallMs },
    clock,
    options: sources,
    view: (): SourceView => ({
      members: allowed(peers.sameCloud()),
      agents: allowed(peers.agents()),
      upstream: allowed(peers.upstream()),
      isConnected: peers.isConnected,
    }),
    blame(peer: PeerId) {
      avoidance.blame(peer)
      log.warn({ peer }, 'a member has sent other bytes than the blob it was asked for')
    },
    onProgress(progress: BlobProgress) {
      for (const listener of listeners) listener(progress)
    },
    onKept(_peer: PeerId, bytes: number) {
      count.blobsFetched += 1
      count.blobBytesFetched += bytes
    },
  }
}

/** At most so many hold a turn; the others wait in the order in which they came. */
function createTurns(max: number): (signal: AbortSignal) => Promise<() => void> {
  let held = 0
  const queue: (() => void)[] = []
  const release = () => {
    const next = queue.shift()
    // The turn goes on to the next, so that nobody slips in between.
    if (next === undefined) held -= 1
    else next()
  }
  return async (signal) => {
    signal.throwIfAborted()
    if (held < max) {
      held += 1
    } else {
      const turn = Promise.withResolvers<void>()
      const onAbort = () => {
        const place = queue.indexOf(turn.resolve)
        if (place >= 0) queue.splice(place, 1)
        turn.reject(signal.reason)
      }
      queue.push(turn.resolve)
      signal.addEventListener('abort', onAbort, { once: true })
      await turn.promise.finally(() => signal.removeEventListener('abort', onAbort))
    }
    return release
  }
}
