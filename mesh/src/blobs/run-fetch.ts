import type { Clock } from '@muster/runtime/clock.ts'
import type { PeerId } from '../admission/membership.ts'
import { MeshError, type MeshErrorCode } from '../fault.ts'
import type { BlobId } from './blob-id.ts'
import type { BlobProgress } from './exchange.ts'
import { type FetchEffect, type FetchEvent, nextFetch } from './next-source.ts'
import { initialFetch, type SourceOptions, type SourceView } from './source-state.ts'
import type { BlobStore, BlobWriter } from './store.ts'
import { askPeer, type TransferParts, transfer } from './transfer.ts'

/** What one fetch stands on. */
export interface FetchParts {
  readonly self: PeerId
  readonly store: BlobStore
  readonly transfers: TransferParts
  readonly clock: Clock
  readonly options: SourceOptions
  readonly view: () => SourceView
  /** A peer alone has sent wrong content. */
  readonly blame: (peer: PeerId) => void
  readonly onProgress: (progress: BlobProgress) => void
  /** The blob came from this peer, so many bytes; the last part of it when there were several. */
  readonly onKept: (peer: PeerId, bytes: number) => void
}

/**
 * Gets one blob into the store: plays the effects of `nextFetch` and tells it what came of them.
 *
 * @throws {MeshError} not-found, unreachable, and what the store throws
 * @throws `signal.reason`
 */
export async function runFetch(id: BlobId, parts: FetchParts, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  const writer = await parts.store.begin(id)
  // Ends what still runs when the fetch is over: questions, the wait.
  const over = new AbortController()
  const within = AbortSignal.any([signal, over.signal])
  const running = new Set<Promise<void>>()
  try {
    await play(id, parts, writer, within, running)
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    over.abort()
    // A transfer that is being ended may still write.
    await Promise.all(running)
    await writer.abandon()
  }
}

function play(
  id: BlobId,
  parts: FetchParts,
  writer: BlobWriter,
  signal: AbortSignal,
  running: Set<Promise<void>>,
): Promise<void> {
  const { clock } = parts
  const result = Promise.withResolvers<void>()
  let state = initialFetch(id, parts.self, parts.options, clock.monotonic())
  let size: number | undefined
  let alarm = new AbortController()

  const tell = (event: FetchEvent) => {
    const step = nextFetch(state, event, parts.view(), clock.monotonic())
    state = step.state
    for (const effect of step.effects) perform(effect)
  }
  const run = (work: () => Promise<FetchEvent>) => {
    // A rejection is an abort or a fault in this program: both end the fetch.
    const task = work().then(tell).catch(result.reject)
    running.add(task)
    void task.then(() => running.delete(task))
  }
  const get = async (effect: FetchEffect & { readonly type: 'get' }): Promise<FetchEvent> => {
    const { peer, isDuty, tried } = effect
    if (effect.isFresh && writer.written > 0) await writer.restart()
    if (writer.written === 0) size = undefined
    const before = writer.written
    const onPiece = (bytes: number, total: number) => {
      size = total
      parts.onProgress({ bytes, size: total })
    }
    const goal = { id, writer, maxBlobBytes: parts.store.maxBlobBytes, size, isDuty, tried, signal, onPiece }
    const outcome = await transfer(parts.transfers, peer, goal)
    if (outcome.type === 'kept') parts.onKept(peer, writer.written - before)
    if (outcome.type === 'wrong') await writer.restart()
    return outcome.type === 'store-failed' ? outcome : { ...outcome, peer }
  }
  const wake = (afterMs: number) => {
    alarm.abort()
    alarm = new AbortController()
    clock.sleep(afterMs, AbortSignal.any([alarm.signal, signal])).then(
      () => tell({ type: 'woken' }),
      () => undefined,
    )
  }
  const perform = (effect: FetchEffect) => {
    switch (effect.type) {
      case 'ask':
        return run(() => ask(parts, id, effect.peer, signal))
      case 'get':
        return run(() => get(effect))
      case 'wake':
        return wake(effect.afterMs)
      case 'blame':
        return parts.blame(effect.peer)
      case 'done':
        return result.resolve()
      case 'give-up':
        return result.reject(effect.error ?? lost(id, effect.code))
    }
  }

  signal.addEventListener('abort', () => result.reject(signal.reason), { once: true })
  tell({ type: 'started' })
  return result.promise
}

async function ask(parts: FetchParts, id: BlobId, peer: PeerId, signal: AbortSignal): Promise<FetchEvent> {
  const answer = await askPeer(parts.transfers, peer, id, signal)
  switch (answer?.type) {
    case 'found':
      return { type: 'has', peer }
    case 'missing':
      return { type: 'has-not', peer }
    case 'later':
      return { type: 'has-later', peer, putOff: answer }
    default:
      return { type: 'silent', peer }
  }
}

function lost(id: BlobId, code: MeshErrorCode): MeshError {
  const isMissing = code === 'not-found'
  return new MeshError(code, `Blob ${id} ${isMissing ? 'is with nobody who answers' : 'could not be fetched'}`, {
    hint: isMissing
      ? 'Look whether the coordinator still has it; a context that was deleted is no longer given out.'
      : 'Look with `members` whether members of the cloud, its agent or the coordinator are reached.',
    details: { id },
  })
}
