import { MAX_JOIN_ANSWER_BYTES, MAX_JOIN_REQUEST_BYTES } from '../admission/join.ts'
import { MeshError } from '../fault.ts'
import type { FrameProtocol, FrameStream } from '../network/streams.ts'

/**
 * The conversation by which a machine becomes a member: one frame asks, then the answer comes in as many frames as it
 * needs, and the stream is closed. Frames are small because strangers send them.
 */
export const JOIN_PROTOCOL: FrameProtocol = {
  name: '/muster/join/1',
  maxFrameBytes: 16 * 1024,
  deadlineMs: 30_000,
  maxPerPeer: 2,
  isOpenToStrangers: true,
}

/** The whole conversation of who asks. @throws {MeshError} unreachable, too-large, malformed */
export async function exchangeJoin(stream: FrameStream, request: Uint8Array): Promise<Uint8Array> {
  await stream.send(request)
  await stream.close()
  const pieces: Uint8Array[] = []
  let length = 0
  for (let piece = await stream.receive(); piece !== undefined; piece = await stream.receive()) {
    length += piece.length
    if (piece.length === 0 || length > MAX_JOIN_ANSWER_BYTES) {
      stream.reset()
      throw new MeshError('too-large', `A join answer of more than ${MAX_JOIN_ANSWER_BYTES} bytes, or one of nothing`)
    }
    pieces.push(piece)
  }
  if (length === 0) throw new MeshError('unreachable', 'The issuer closed the connection without an answer')
  return Uint8Array.from(Buffer.concat(pieces))
}

/** The request of a stranger; undefined when it has none. @throws {MeshError} unreachable, too-large, malformed */
export async function receiveJoinRequest(stream: FrameStream): Promise<Uint8Array | undefined> {
  const request = await stream.receive()
  if (request !== undefined && request.length > MAX_JOIN_REQUEST_BYTES) {
    throw new MeshError('too-large', `A join request of ${request.length} bytes`)
  }
  return request
}

/** @throws {MeshError} unreachable - the other side did not wait for it */
export async function sendJoinAnswer(stream: FrameStream, answer: Uint8Array): Promise<void> {
  for (let start = 0; start < answer.length; start += JOIN_PROTOCOL.maxFrameBytes) {
    await stream.send(answer.subarray(start, start + JOIN_PROTOCOL.maxFrameBytes))
  }
  await stream.close()
}
