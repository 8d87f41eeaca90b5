import type { Socket } from 'node:net'
import { StringDecoder } from 'node:string_decoder'

const NEWLINE = 0x0a

/**
 * The first line that a client sends; what comes after it is thrown away. Undefined when the client ends before its
 * line does, or the line is too long.
 *
 * @throws the signal's reason
 */
export function readFirstLine(socket: Socket, maxBytes: number, signal: AbortSignal): Promise<string | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<string | undefined>()
  let received: Buffer = Buffer.alloc(0)
  const onData = (bytes: Buffer) => {
    received = Buffer.concat([received, bytes])
    const end = received.indexOf(NEWLINE)
    if (end >= 0 || received.length > maxBytes) {
      resolve(end < 0 || end > maxBytes ? undefined : received.toString('utf8', 0, end))
    }
  }
  const onEnd = () => resolve(undefined)
  const onAbort = () => reject(signal.reason)
  socket.on('data', onData).once('end', onEnd)
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  return promise.finally(() => {
    socket.off('data', onData).off('end', onEnd).resume()
    signal.removeEventListener('abort', onAbort)
  })
}

/**
 * Lines that a peer sends, until it closes; a last one without an end is left out.
 *
 * @throws {RangeError} a line above `maxChars`; what the socket throws
 */
export async function* readLines(socket: Socket, maxChars: number): AsyncGenerator<string, void, undefined> {
  const decoder = new StringDecoder('utf8')
  let pending = ''
  for await (const bytes of socket) {
    const parts = (pending + decoder.write(bytes as Buffer)).split('\n')
    pending = parts.pop() ?? ''
    if (pending.length > maxChars) throw new RangeError(`a line above ${maxChars} characters`)
    yield* parts
  }
}
