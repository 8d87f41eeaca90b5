import { type Clock, timeoutSignal } from '@muster/runtime/clock.ts'
import type { PeerId } from '../admission/membership.ts'
import { MeshError } from '../fault.ts'
import type { FrameProtocol, FrameStream } from './streams.ts'

/** Frames under way in one direction; who has sent so many waits until the other side reads. */
const WINDOW_FRAMES = 4

/** Both ends of one conversation inside one process. */
export interface FramePair {
  /** The end of who opened it; its `peer` is the other one. */
  readonly opener: FrameStream
  readonly answerer: FrameStream
  /** The answerer has said all: what is still sent to it is thrown away. */
  finish(): void
  /** The connection broke: both ends fail. */
  sever(): void
  /** Both directions are closed, or the pair is broken. Never rejects. */
  readonly ended: Promise<void>
}

/** A fresh conversation. Frames arrive without delay; the deadline runs by the clock. */
export function createFramePair(protocol: FrameProtocol, opener: PeerId, answerer: PeerId, clock: Clock): FramePair {
  const there = createChannel()
  const back = createChannel()
  const ended = Promise.withResolvers<void>()
  const deadline = timeoutSignal(clock, protocol.deadlineMs)
  const settle = () => {
    deadline.cancel()
    ended.resolve()
  }
  const fail = (why: string) => {
    for (const channel of [there, back]) channel.fail(unreachable(protocol, why))
    settle()
  }
  const end = (channel: Channel) => {
    channel.end()
    if (there.isEnded() && back.isEnded()) settle()
  }
  deadline.signal.addEventListener('abort', () => fail(`took longer than ${protocol.deadlineMs} ms`), { once: true })
  const endOf = (peer: PeerId, out: Channel, into: Channel): FrameStream => ({
    peer,
    async send(frame) {
      if (frame.length > protocol.maxFrameBytes) throw new MeshError('too-large', `A frame of ${frame.length} bytes`)
      await out.push(Uint8Array.from(frame))
    },
    receive: () => into.take(),
    async close() {
      end(out)
    },
    reset: () => fail('was reset'),
  })
  return {
    opener: endOf(answerer, there, back),
    answerer: endOf(opener, back, there),
    finish() {
      end(back)
      there.discard()
    },
    sever: () => fail('lost its connection'),
    ended: ended.promise,
  }
}

/** One direction. */
interface Channel {
  push(frame: Uint8Array): Promise<void>
  take(): Promise<Uint8Array | undefined>
  end(): void
  isEnded(): boolean
  /** Does nothing once all that was sent was taken and no more can come. */
  fail(error: MeshError): void
  discard(): void
}

function createChannel(): Channel {
  const frames: Uint8Array[] = []
  const takers: PromiseWithResolvers<Uint8Array | undefined>[] = []
  const senders: PromiseWithResolvers<void>[] = []
  let failure: MeshError | undefined
  let hasEnded = false
  let isDiscarding = false
  const hasRoom = () => frames.length < WINDOW_FRAMES || isDiscarding
  const letSend = () => {
    while (senders.length > 0 && hasRoom()) senders.shift()?.resolve()
  }
  return {
    async push(frame) {
      if (failure !== undefined) throw failure
      if (hasEnded) throw new MeshError('unreachable', 'The stream was closed for sending')
      if (isDiscarding) return
      const taker = takers.shift()
      if (taker !== undefined) return taker.resolve(frame)
      frames.push(frame)
      if (hasRoom()) return
      const sender = Promise.withResolvers<void>()
      senders.push(sender)
      await sender.promise
    },
    async take() {
      if (failure !== undefined) throw failure
      const frame = frames.shift()
      letSend()
      if (frame !== undefined || hasEnded) return frame
      const taker = Promise.withResolvers<Uint8Array | undefined>()
      takers.push(taker)
      return taker.promise
    },
    end() {
      hasEnded = true
      for (const taker of takers.splice(0)) taker.resolve(undefined)
    },
    isEnded: () => hasEnded || failure !== undefined,
    fail(error) {
      if (hasEnded && frames.length === 0 && senders.length === 0) return
      failure ??= error
      frames.splice(0)
      for (const waiting of [...takers.splice(0), ...senders.splice(0)]) waiting.reject(error)
    },
    discard() {
      isDiscarding = true
      frames.splice(0)
      letSend()
    },
  }
}

function unreachable(protocol: FrameProtocol, why: string): MeshError {
  return new MeshError('unreachable', `A conversation of ${protocol.name} ${why}`, {
    hint: 'Look whether the other machine runs and is reached.',
  })
}
