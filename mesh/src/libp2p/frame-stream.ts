import type { Stream } from '@libp2p/interface'
import { type Clock, timeoutSignal } from '@muster/runtime/clock.ts'
import type { PeerId } from '../admission/membership.ts'
import { MeshError } from '../fault.ts'
import type { FrameProtocol, FrameStream } from '../network/streams.ts'
import { createFrameReader, type FrameReader, prefixed } from './frame-reader.ts'
import { READ_AHEAD_BYTES } from './limits.ts'

/** A frame stream with what the adapter itself needs to know. */
export interface OpenFrameStream extends FrameStream {
  /** Resolves when it has ended in any way; never rejects. */
  readonly ended: Promise<void>
}

/** What a frame stream keeps to. `deadlineMs` may be infinite. */
export type FrameBounds = Pick<FrameProtocol, 'name' | 'maxFrameBytes' | 'deadlineMs'>

interface Reading {
  readonly reader: FrameReader
  failure: MeshError | undefined
  /** The other side has said that nothing more comes. */
  isFinished: boolean
  /** What libp2p has held back is coming in. */
  isResuming: boolean
  /** Those who wait for something to happen. */
  readonly waiting: Set<() => void>
}

/**
 * Speaks frames over a libp2p stream. It must be called in the same turn in which the stream was handed out, or bytes
 * are lost. Received bytes are held back at the other side while nobody reads.
 */
export function createFrameStream(stream: Stream, peer: PeerId, bounds: FrameBounds, clock: Clock): OpenFrameStream {
  const ended = Promise.withResolvers<void>()
  const reading: Reading = {
    reader: createFrameReader(() => bounds.maxFrameBytes),
    failure: undefined,
    isFinished: stream.status === 'open' && stream.remoteWriteStatus === 'closed',
    isResuming: false,
    waiting: new Set(),
  }
  const deadline = Number.isFinite(bounds.deadlineMs) ? timeoutSignal(clock, bounds.deadlineMs) : undefined
  const fail = (error: MeshError) => {
    reading.failure ??= error
    stream.abort(error)
    wake(reading)
  }
  deadline?.signal.addEventListener('abort', () => {
    fail(new MeshError('unreachable', `${bounds.name} took longer than ${bounds.deadlineMs} ms`))
  })
  const onClose = () => {
    deadline?.cancel()
    reading.failure ??= reading.isFinished ? undefined : new MeshError('unreachable', `${bounds.name} broke off`)
    wake(reading)
    ended.resolve()
  }
  watch(stream, reading, onClose)
  return {
    peer,
    ended: ended.promise,
    send: (frame) => sendFrame(stream, frame, bounds),
    receive: () => receiveFrame(stream, reading, bounds, fail),
    async close() {
      await stream.close().catch((error: Error) => stream.abort(error))
    },
    reset: () => fail(new MeshError('unreachable', `${bounds.name} was reset by this side`)),
  }
}

function watch(stream: Stream, reading: Reading, onClose: () => void): void {
  stream.addEventListener('remoteCloseWrite', () => {
    reading.isFinished = true
    wake(reading)
  })
  stream.addEventListener('close', onClose, { once: true })
  if (stream.status !== 'open') onClose()
  stream.addEventListener('message', ({ data }) => {
    reading.reader.push(data.subarray())
    if (!reading.isResuming) holdBack(stream, reading)
    wake(reading)
  })
}

/** One frame is under way at a time: the promise resolves when the connection has taken all of it. */
async function sendFrame(stream: Stream, frame: Uint8Array, bounds: FrameBounds): Promise<void> {
  if (frame.length > bounds.maxFrameBytes) {
    throw new MeshError('too-large', `A frame of ${frame.length} bytes; ${bounds.name} takes ${bounds.maxFrameBytes}`)
  }
  try {
    stream.send(prefixed(frame))
  } catch (cause) {
    throw new MeshError('unreachable', `${bounds.name} has ended`, { cause })
  }
  // What was not sent stays in the buffer of a stream that the other side has reset.
  while (stream.writeBufferLength > 0 && !isOver(stream)) await turn(stream)
  if (stream.status !== 'open') throw new MeshError('unreachable', `${bounds.name} broke off`)
}

function isOver({ status }: Stream): boolean {
  return status === 'aborted' || status === 'reset' || status === 'closed'
}

/** Until the write buffer is empty or the stream has ended. */
function turn(stream: Stream): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stream.removeEventListener('idle', done)
      stream.removeEventListener('close', done)
      resolve()
    }
    stream.addEventListener('idle', done)
    stream.addEventListener('close', done)
  })
}

async function receiveFrame(
  stream: Stream,
  reading: Reading,
  bounds: FrameBounds,
  fail: (error: MeshError) => void,
): Promise<Uint8Array | undefined> {
  for (;;) {
    if (reading.failure !== undefined) throw reading.failure
    try {
      const frame = reading.reader.take()
      if (frame !== undefined) return frame
    } catch (error) {
      if (error instanceof MeshError) fail(error)
      throw error
    }
    if (stream.readStatus === 'paused') {
      resume(stream, reading, fail)
      continue
    }
    if (reading.isFinished && stream.readBufferLength === 0) {
      if (reading.reader.isEmpty()) return undefined
      fail(new MeshError('malformed', `${bounds.name} ended in the middle of a frame`))
      continue
    }
    await new Promise<void>((resolve) => reading.waiting.add(resolve))
  }
}

/** The other side may send no further window while more waits here than is good. */
function holdBack(stream: Stream, reading: Reading): void {
  if (reading.reader.size > READ_AHEAD_BYTES && stream.readStatus === 'readable') stream.pause()
}

/**
 * Lets what was held back come in; it comes within the call. Whoever pauses the stream within the call is overruled by
 * the end of it: libp2p then grants window after window to a stream that is not read, until its buffer runs over. So the
 * next message after the call is the first that may hold back; a frame longer than what is read ahead needs it anyway.
 */
function resume(stream: Stream, reading: Reading, fail: (error: MeshError) => void): void {
  reading.isResuming = true
  try {
    stream.resume()
  } catch (cause) {
    fail(new MeshError('unreachable', 'The connection is closing', { cause }))
  } finally {
    reading.isResuming = false
  }
}

function wake(reading: Reading): void {
  const waiting = [...reading.waiting]
  reading.waiting.clear()
  for (const go of waiting) go()
}
