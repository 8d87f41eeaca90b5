import { type Clock, timeoutSignal } from '@muster/runtime/clock.ts'
import type { PeerId } from '../admission/membership.ts'
import type { MeshAnswer } from '../member/messages.ts'
import { decodeAnswer, decodeRequest, encodeAnswer, encodeRequest, MAX_MEMBER_BYTES } from '../member/request-codec.ts'
import type { MemberTransport, MemberTransportEvent } from '../network/network-host.ts'
import type { FrameProtocol, FrameStream, Streams } from '../network/streams.ts'

/** One request and its answer on each stream. */
export const MEMBER_PROTOCOL: FrameProtocol = {
  name: '/muster/member/1',
  maxFrameBytes: MAX_MEMBER_BYTES,
  deadlineMs: 15_000,
  maxPerPeer: 32,
}

/** Requests of one cluster, as `Transport` has them. */
export interface MemberRequests extends Pick<MemberTransport, 'request' | 'answer'> {
  /** Answers a stream of `MEMBER_PROTOCOL`. */
  serve(stream: FrameStream): Promise<void>
}

/** @param open - opens a stream of `MEMBER_PROTOCOL` */
export function createMemberRequests(
  open: (peer: PeerId, signal: AbortSignal) => ReturnType<Streams['open']>,
  clock: Clock,
  emit: (event: MemberTransportEvent) => void,
): MemberRequests {
  const asked = new Map<number, { readonly peer: PeerId; readonly resolve: (answer: MeshAnswer | undefined) => void }>()
  let count = 0
  return {
    request(peer, id, body, timeoutMs) {
      const deadline = timeoutSignal(clock, timeoutMs)
      ask(() => open(peer, deadline.signal), encodeRequest(body), deadline.signal)
        .then(
          (answer) => emit({ type: 'answered', peer, id, body: answer }),
          () => emit({ type: 'request-failed', peer, id }),
        )
        .finally(deadline.cancel)
    },
    answer(peer, id, body) {
      const waiting = asked.get(id)
      if (waiting?.peer === peer) waiting.resolve(body)
    },
    async serve(stream) {
      const frame = await stream.receive()
      if (frame === undefined) return
      const body = decodeRequest(frame)
      count += 1
      const id = count
      const late = timeoutSignal(clock, MEMBER_PROTOCOL.deadlineMs)
      const answer = await new Promise<MeshAnswer | undefined>((resolve) => {
        asked.set(id, { peer: stream.peer, resolve })
        late.signal.addEventListener('abort', () => resolve(undefined), { once: true })
        emit({ type: 'requested', peer: stream.peer, id, body })
      })
      late.cancel()
      asked.delete(id)
      if (answer !== undefined) await stream.send(encodeAnswer(answer))
    },
  }
}

async function ask(open: () => Promise<FrameStream>, request: Uint8Array, signal: AbortSignal): Promise<MeshAnswer> {
  const stream = await open()
  const reset = () => stream.reset()
  signal.addEventListener('abort', reset, { once: true })
  try {
    signal.throwIfAborted()
    await stream.send(request)
    const frame = await stream.receive()
    const answer = decodeAnswer(frame ?? new Uint8Array())
    await stream.close()
    return answer
  } catch (error) {
    stream.reset()
    throw error
  } finally {
    signal.removeEventListener('abort', reset)
  }
}
