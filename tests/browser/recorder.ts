import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A place between the coordinator and everybody who talks to it, where all that is said is written down. */
export interface Recorder {
  /** `http://127.0.0.1:PORT`, to be used in place of the coordinator's address. */
  readonly url: string
  /** Names the coordinator, once it listens. */
  forwardTo(url: string): void
  /** All requests and answers so far, except the answers that are files of the pages, which are the same for all. */
  transcript(): Buffer
  /** Number of exchanges so far. */
  readonly exchanges: number
  close(): Promise<void>
}

/**
 * Starts a recording reverse proxy on a free loopback port.
 *
 * It asks for answers without compression and refuses compressed ones, since a search in compressed bytes would find
 * nothing and look like success. Event streams pass through piece by piece.
 */
export async function startRecorder(): Promise<Recorder> {
  const state = { target: undefined as URL | undefined }
  // One list for each exchange: pieces of two that run at once must not stand between each other.
  const exchanges: Buffer[][] = []
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = []
    exchanges.push(chunks)
    if (state.target === undefined) outgoing.writeHead(503).end()
    else relay(state.target, incoming, outgoing, chunks)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    forwardTo: (url) => {
      state.target = new URL(url)
    },
    transcript: () => Buffer.concat(exchanges.flat()),
    get exchanges() {
      return exchanges.length
    },
    close: () => closeServer(server),
  }
}

function relay(target: URL, incoming: IncomingMessage, outgoing: ServerResponse, chunks: Buffer[]): void {
  const headers = { ...incoming.headers, 'accept-encoding': 'identity' }
  chunks.push(Buffer.from(`\n>>> ${incoming.method} ${incoming.url}\n${JSON.stringify(headers)}\n`))
  const forwarded = request(
    { host: target.hostname, port: target.port, method: incoming.method, path: incoming.url, headers },
    (answer) => {
      const isCompressed = (answer.headers['content-encoding'] ?? 'identity') !== 'identity'
      if (isCompressed) outgoing.destroy(new Error('the answer is compressed and cannot be searched'))
      const isPageFile = /javascript|css|font|image|wasm/.test(answer.headers['content-type'] ?? '')
      chunks.push(Buffer.from(`\n<<< ${answer.statusCode}\n${JSON.stringify(answer.headers)}\n`))
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.on('data', (chunk: Buffer) => {
        if (!isPageFile) chunks.push(chunk)
      })
      answer.pipe(outgoing)
    },
  )
  incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
  incoming.pipe(forwarded)
  outgoing.on('close', () => forwarded.destroy())
  // The coordinator is away (a test stops it on purpose): the caller sees a closed connection, as it would without us.
  forwarded.on('error', () => outgoing.destroy())
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}
