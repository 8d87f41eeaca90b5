import type { Stream, StreamMuxer, StreamMuxerFactory } from '@libp2p/interface'
import { type YamuxMuxerInit, yamux } from '@libp2p/yamux'

/** Parts of a yamux stream that its type does not show. */
interface WindowOfStream {
  sendWindowUpdate(): void
  /** One of `OWING_STATES`, or any other. */
  readonly state: number
  /** What the other end may still send, and what it might when nothing was under way; in bytes. */
  readonly recvWindowCapacity: number
  readonly recvWindow: number
}

/** The part of a yamux muxer that makes streams, which its type does not show. */
interface MakesStreams {
  _newStream(...args: readonly unknown[]): Stream
}

/**
 * `Init` and `SYNReceived` of `@libp2p/yamux`, which does not export them: the other end is owed a flag, which the next
 * window update carries.
 */
const OWING_STATES: readonly number[] = [0, 2]

/**
 * Yamux that gives window back when half of it is used, as the protocol recommends. js-libp2p does so for each frame: each
 * ping would cost a frame more in each direction, and these were a third of what an idle member received.
 */
export function quietYamux(init: YamuxMuxerInit): () => StreamMuxerFactory {
  const make = yamux(init)
  return () => {
    const factory = make()
    const createMuxer = factory.createStreamMuxer.bind(factory)
    factory.createStreamMuxer = (connection) => withQuietStreams(createMuxer(connection))
    return factory
  }
}

function withQuietStreams<M extends StreamMuxer>(muxer: M): M {
  if (!makesStreams(muxer)) throw new TypeError('yamux is built otherwise than this program expects')
  const newStream = muxer._newStream.bind(muxer)
  muxer._newStream = (...args) => {
    const stream = newStream(...args)
    if (!hasWindow(stream)) throw new TypeError('yamux is built otherwise than this program expects')
    const update = stream.sendWindowUpdate.bind(stream)
    stream.sendWindowUpdate = () => {
      if (OWING_STATES.includes(stream.state) || stream.recvWindowCapacity <= stream.recvWindow / 2) update()
    }
    return stream
  }
  return muxer
}

function makesStreams(muxer: StreamMuxer): muxer is StreamMuxer & MakesStreams {
  return '_newStream' in muxer && typeof muxer._newStream === 'function'
}

function hasWindow(stream: Stream): stream is Stream & WindowOfStream {
  return (
    'sendWindowUpdate' in stream &&
    typeof stream.sendWindowUpdate === 'function' &&
    'state' in stream &&
    typeof stream.state === 'number' &&
    'recvWindowCapacity' in stream &&
    'recvWindow' in stream
  )
}
