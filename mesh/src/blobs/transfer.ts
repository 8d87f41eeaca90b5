import { type Clock, timeoutSignal } from '@muster/runtime/clock.ts'
import type { PeerId } from '../admission/membership.ts'
import { MeshError, type MeshErrorCode } from '../fault.ts'
import type { FrameStream, Streams } from '../network/streams.ts'
import type { BlobId } from './blob-id.ts'
import {
  BLOB_PROTOCOL,
  type BlobAnswer,
  type BlobRequest,
  CHUNK_BYTES,
  decodeBlobAnswer,
  encodeBlobRequest,
  KEPT,
} from './messages.ts'
import type { PutOff } from './next-source.ts'
import type { BlobWriter } from './store.ts'
import { createWatchdog, type Watchdog } from './watchdog.ts'

/** What asking others stands on. */
export interface TransferParts {
  readonly streams: Streams
  readonly clock: Clock
  readonly addressesOf: (peer: PeerId) => readonly string[]
  /** A connection that is not there yet may take so long. */
  readonly openMs: number
  /** From one frame to the next. */
  readonly stallMs: number
}

/** How a transfer went. */
export type TransferOutcome =
  | { readonly type: 'kept' }
  | { readonly type: 'put-off'; readonly putOff: PutOff }
  | { readonly type: 'missing' }
  | { readonly type: 'broken'; readonly code: MeshErrorCode; readonly isGiving: boolean }
  | { readonly type: 'wrong' }
  | { readonly type: 'store-failed'; readonly error: unknown }

/** The goal of a transfer. */
export interface TransferGoal {
  readonly id: BlobId
  readonly writer: BlobWriter
  readonly maxBlobBytes: number
  /** Size as stated by whoever sent the bytes that are there; undefined while there are none. */
  readonly size: number | undefined
  readonly isDuty: boolean
  readonly tried: readonly PeerId[]
  readonly signal: AbortSignal
  /** @param bytes - of the blob so far */
  readonly onPiece: (bytes: number, size: number) => void
}

/** Asks one peer whether it has a blob. Never rejects: undefined when there is no proper answer. */
export async function askPeer(
  parts: TransferParts,
  peer: PeerId,
  id: BlobId,
  signal: AbortSignal,
): Promise<BlobAnswer | undefined> {
  try {
    return await converse(parts, peer, { type: 'have', id }, signal, async (answer) => answer)
  } catch {
    // Whatever it is, this peer is of no use now; the stream has said what there is to say to the log.
    return undefined
  }
}

/**
 * Gets a blob, or the rest of it, from one peer into the writer, hashing on the way. Nothing of it can be read before
 * the hash of the whole is right.
 *
 * @throws `goal.signal.reason` - and nothing else
 */
export async function transfer(parts: TransferParts, peer: PeerId, goal: TransferGoal): Promise<TransferOutcome> {
  const { id, isDuty, tried, writer } = goal
  const before = writer.written
  const request: BlobRequest = { type: 'get', id, offset: before, isDuty, tried }
  try {
    return await converse(parts, peer, request, goal.signal, (answer, stream, watchdog) =>
      takeAnswer(goal, answer, stream, watchdog),
    )
  } catch (error) {
    goal.signal.throwIfAborted()
    if (error instanceof StoreTrouble) return { type: 'store-failed', error: error.cause }
    const code = error instanceof MeshError ? error.code : 'unreachable'
    return { type: 'broken', code, isGiving: writer.written > before }
  }
}

/** A refusal of the own store, told apart from what the other side does. */
class StoreTrouble extends Error {}

async function converse<T>(
  parts: TransferParts,
  peer: PeerId,
  request: BlobRequest,
  signal: AbortSignal,
  take: (answer: BlobAnswer, stream: FrameStream, watchdog: Watchdog) => Promise<T>,
): Promise<T> {
  const stream = await openStream(parts, peer, signal)
  const reset = () => stream.reset()
  const watchdog = createWatchdog(parts.clock, parts.stallMs, reset)
  signal.addEventListener('abort', reset, { once: true })
  try {
    await stream.send(encodeBlobRequest(request))
    const first = await stream.receive()
    if (first === undefined) throw new MeshError('unreachable', `${peer} closed without an answer`)
    watchdog.fed()
    const result = await take(decodeBlobAnswer(first), stream, watchdog)
    // What was agreed on holds, however the conversation ends.
    await stream.close().catch(reset)
    return result
  } catch (error) {
    reset()
    throw error
  } finally {
    watchdog.stop()
    signal.removeEventListener('abort', reset)
  }
}

async function openStream(parts: TransferParts, peer: PeerId, signal: AbortSignal): Promise<FrameStream> {
  const limit = timeoutSignal(parts.clock, parts.openMs, signal)
  const addresses = parts.addressesOf(peer)
  try {
    return await parts.streams.open(peer, BLOB_PROTOCOL, {
      signal: limit.signal,
      ...(addresses.length > 0 ? { addresses } : {}),
    })
  } finally {
    limit.cancel()
  }
}

async function takeAnswer(
  goal: TransferGoal,
  answer: BlobAnswer,
  stream: FrameStream,
  watchdog: Watchdog,
): Promise<TransferOutcome> {
  if (answer.type === 'missing') return { type: 'missing' }
  if (answer.type === 'later') return { type: 'put-off', putOff: answer }
  const { writer, size, maxBlobBytes } = goal
  if (answer.size > maxBlobBytes) throw new MeshError('too-large', `A blob of ${answer.size} bytes is offered`)
  const isOther = (size !== undefined && size !== answer.size) || answer.size < writer.written
  if (isOther) {
    stream.reset()
    return { type: 'wrong' }
  }
  goal.onPiece(writer.written, answer.size)
  while (writer.written < answer.size) {
    const piece = await stream.receive()
    if (piece === undefined) throw new MeshError('unreachable', 'The other side closed before the end')
    watchdog.fed()
    // One that may choose the size of its pieces could keep a fetch busy for hours with a byte at a time.
    if (piece.length !== Math.min(CHUNK_BYTES, answer.size - writer.written)) {
      throw new MeshError('malformed', `A piece of ${piece.length} bytes is not what comes next`)
    }
    await store(() => writer.write(piece))
    watchdog.fed()
    goal.onPiece(writer.written, answer.size)
  }
  if (!(await store(() => writer.finish()))) {
    stream.reset()
    return { type: 'wrong' }
  }
  // The blob is here whether or not the other side hears of it.
  await stream.send(KEPT).catch(() => undefined)
  return { type: 'kept' }
}

async function store<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw new StoreTrouble('the own store', { cause })
  }
}
