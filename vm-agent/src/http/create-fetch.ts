import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http'
import type { Fetch, FetchAnswer, FetchBody, FetchInit } from '@muster/contexts/api/requester.ts'

/** A connection on which nothing comes for so long is given up, as `fetch` does; callers have limits of their own. */
const IDLE_LIMIT_MS = 300_000
/** Answers that never have a body. */
const NO_BODY = new Set([204, 205, 304])

type Send = (url: URL, options: RequestOptions, onAnswer: (answer: IncomingMessage) => void) => ClientRequest

/**
 * `fetch` as far as the agent uses it, over Node's own client. The global `fetch` costs a waiting agent 15 MB, most of
 * it for a parser in WebAssembly. Follows no redirection, decompresses nothing (and says so to the server), and uses
 * the connections and proxies that Node keeps for the process.
 */
export function createFetch(): Fetch {
  return async (url, init) => {
    init.signal?.throwIfAborted()
    const target = new URL(url)
    const send = await senderFor(target)
    return answerOf(await exchange(send, target, init), init.signal)
  }
}

/** TLS is loaded by machines that use it: it costs some megabytes too. */
async function senderFor({ protocol }: URL): Promise<Send> {
  switch (protocol) {
    case 'http:':
      return (await import('node:http')).request
    case 'https:':
      return (await import('node:https')).request
    default:
      throw new TypeError(`${protocol} is not a way to a coordinator`)
  }
}

/** Resolves with the head of the answer. */
function exchange(send: Send, url: URL, { method, headers, body, signal }: FetchInit): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = { method, headers, timeout: IDLE_LIMIT_MS, ...(signal === undefined ? {} : { signal }) }
    const request = send(url, options, resolve)
    request.on('timeout', () => request.destroy(silence()))
    // The error of an abort is one of Node's own; callers know theirs.
    request.on('error', (error) => reject(signal?.aborted === true ? signal.reason : error))
    request.end(body)
  })
}

function silence(): Error {
  return Object.assign(new Error('the other side has said nothing for minutes'), { code: 'ETIMEDOUT' })
}

function answerOf(message: IncomingMessage, signal: AbortSignal | undefined): FetchAnswer {
  const status = message.statusCode ?? 0
  const isEmpty = NO_BODY.has(status) || message.headers['content-length'] === '0'
  // The connection is used again only when all was read.
  if (isEmpty) message.resume()
  return {
    ok: status >= 200 && status < 300,
    status,
    headers: {
      get: (name) => message.headersDistinct[name.toLowerCase()]?.join(', ') ?? null,
      getSetCookie: () => message.headers['set-cookie'] ?? [],
    },
    body: isEmpty ? null : bodyOf(message, signal),
  }
}

function bodyOf(message: IncomingMessage, signal: AbortSignal | undefined): FetchBody {
  const chunks: AsyncIterator<Uint8Array> = message[Symbol.asyncIterator]()
  const cancel = async () => void message.destroy()
  return {
    cancel,
    getReader: () => ({
      cancel,
      async read() {
        try {
          const { done, value } = await chunks.next()
          return done === true ? { done: true } : { done: false, value }
        } catch (error) {
          throw signal?.aborted === true ? signal.reason : error
        }
      },
    }),
  }
}
