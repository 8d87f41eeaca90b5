import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { onTestFinished } from 'vitest'

/** One server-sent event. */
export interface SentEvent {
  readonly id: string | undefined
  readonly event: string | undefined
  readonly data: string | undefined
  readonly comment: string | undefined
  readonly retry: string | undefined
}

/** An open stream. */
export interface SseClient {
  readonly response: IncomingMessage
  /** The next event, comment or retry line; undefined when the stream has ended. */
  next(): Promise<SentEvent | undefined>
  close(): void
}

/** Opens a stream over a real connection; it is closed at the test's end. */
export async function openStream(url: string, headers: Readonly<Record<string, string>>): Promise<SseClient> {
  const outgoing = request(url, { headers })
  onTestFinished(() => void outgoing.destroy())
  const response = await answerOf(outgoing)
  const blocks = readBlocks(response)
  return {
    response,
    async next() {
      const { value, done } = await blocks.next()
      return done === true ? undefined : decodeBlock(value)
    },
    close: () => outgoing.destroy(),
  }
}

function answerOf(outgoing: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    outgoing.once('response', resolve)
    outgoing.once('error', reject)
    outgoing.end()
  })
}

async function* readBlocks(response: IncomingMessage): AsyncGenerator<string, void> {
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) {
    text += chunk
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      yield text.slice(0, end)
      text = text.slice(end + 2)
    }
  }
}

function decodeBlock(block: string): SentEvent {
  const field = (name: string) =>
    block
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2)
  return { id: field('id'), event: field('event'), data: field('data'), comment: field(''), retry: field('retry') }
}
