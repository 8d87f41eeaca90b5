import { createSocket, type Socket as DatagramSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { type Bucket, fullBucket, type Rate, takeOne } from '@muster/mesh/records/token-bucket.ts'
import type { Clock } from '@muster/runtime/clock.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { Random } from '@muster/runtime/random.ts'
import type { Service } from '@muster/runtime/service.ts'
import { systemCode } from '../identity/agent-error.ts'
import { answerDnsMessage, MAX_QUERY_BYTES } from './dns-message.ts'
import type { ServiceLookup } from './dns-zone.ts'
import { type Endpoint, endpointText } from './endpoint.ts'
import { openListener } from './open-listener.ts'

/** Questions that are answered; those above are dropped, so that a program gone wild takes no whole core. */
const QUESTIONS: Rate = { perSecond: 2_000, burst: 4_000 }
const MAX_CONNECTIONS = 32
/** A connection without a question for so long is closed. */
const IDLE_MS = 10_000
/** Answers that a connection has not read; above, it is dropped. */
const MAX_UNREAD_BYTES = 256 * 1024
const LENGTH_BYTES = 2

/** What DNS stands on. */
export interface DnsParts {
  readonly lookup: ServiceLookup
  readonly listen: Endpoint
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Told where it listens, by UDP and TCP alike, when it does. */
  readonly onListening?: (endpoint: Endpoint) => void
}

/**
 * Answers DNS on a loopback address. An address that cannot be had is tried again and again and told once: the agent
 * goes on without.
 */
export function createDnsService(parts: DnsParts): Service {
  const { clock, random, log, listen } = parts
  return {
    name: 'directory-dns',
    async run({ signal, ready }) {
      ready()
      while (!signal.aborted) {
        const sockets = await openListener(() => openSockets(parts), {
          clock,
          random,
          signal,
          onTrouble: (error) => log.warn({ code: systemCode(error) }, troubleOf(listen, error)),
        })
        log.info({ address: endpointText(sockets.endpoint) }, 'answers DNS for service.muster')
        parts.onListening?.(sockets.endpoint)
        const trouble = await sockets.ended(signal)
        if (trouble !== undefined) log.warn({ error: trouble }, 'a socket of DNS broke; it is opened again')
      }
    },
  }
}

function troubleOf(listen: Endpoint, error: unknown): string {
  const code = systemCode(error) ?? 'error'
  const next: Readonly<Record<string, string>> = {
    EACCES: 'ports below 1024 need root',
    EADDRINUSE: 'another program listens there; choose another address by dns_listen',
  }
  return `DNS cannot listen at ${endpointText(listen)} (${code}${next[code] === undefined ? '' : `: ${next[code]}`})`
}

/** Both sockets at one port; neither when one of them cannot be had. */
async function openSockets(parts: DnsParts) {
  const { listen } = parts
  const allow = createGate(parts.clock)
  const stream = createServer({ noDelay: true }, (socket) => answerStream(socket, parts.lookup, allow))
  stream.maxConnections = MAX_CONNECTIONS
  stream.listen({ ...listen })
  await once(stream, 'listening')
  const bound = stream.address()
  const port = typeof bound === 'object' ? (bound?.port ?? listen.port) : listen.port
  const datagrams = createSocket(listen.host.includes(':') ? 'udp6' : 'udp4')
  try {
    datagrams.bind({ address: listen.host, port, exclusive: true })
    await once(datagrams, 'listening')
  } catch (error) {
    stream.close()
    throw error
  }
  answerDatagrams(datagrams, parts.lookup, allow)
  return { endpoint: { host: listen.host, port }, ended: (signal: AbortSignal) => ended(stream, datagrams, signal) }
}

/** Waits for the end, asked for or not, and closes both. @returns what broke */
async function ended(stream: Server, datagrams: DatagramSocket, signal: AbortSignal): Promise<unknown> {
  const broken = Promise.withResolvers<unknown>()
  const onAbort = () => broken.resolve(undefined)
  signal.addEventListener('abort', onAbort, { once: true })
  stream.on('error', broken.resolve)
  datagrams.on('error', broken.resolve)
  if (signal.aborted) onAbort()
  const trouble = await broken.promise
  signal.removeEventListener('abort', onAbort)
  datagrams.close()
  stream.close()
  return trouble
}

function createGate(clock: Clock): () => boolean {
  let bucket: Bucket = fullBucket(QUESTIONS, clock.monotonic())
  return () => {
    const next = takeOne(bucket, QUESTIONS, clock.monotonic())
    bucket = next ?? bucket
    return next !== undefined
  }
}

function answerDatagrams(socket: DatagramSocket, lookup: ServiceLookup, allow: () => boolean): void {
  socket.on('message', (query, from) => {
    const reply = allow() ? answerDnsMessage(query, lookup, 'udp') : undefined
    // Whoever has gone meanwhile asks no more: a failed send is nobody's loss.
    if (reply !== undefined) socket.send(reply, from.port, from.address, () => undefined)
  })
}

/** Messages of a stream, each behind its length; several may come before the first answer. */
function answerStream(socket: Socket, lookup: ServiceLookup, allow: () => boolean): void {
  let pending: Buffer = Buffer.alloc(0)
  socket.setTimeout(IDLE_MS, () => socket.destroy())
  socket.on('error', () => socket.destroy())
  socket.on('data', (bytes: Buffer) => {
    pending = Buffer.concat([pending, bytes])
    while (pending.length >= LENGTH_BYTES) {
      const end = LENGTH_BYTES + pending.readUInt16BE(0)
      if (end > LENGTH_BYTES + MAX_QUERY_BYTES) return void socket.destroy()
      if (pending.length < end) return
      const reply = allow() ? answerDnsMessage(pending.subarray(LENGTH_BYTES, end), lookup, 'tcp') : undefined
      pending = pending.subarray(end)
      if (reply === undefined || socket.writableLength > MAX_UNREAD_BYTES) return void socket.destroy()
      const length = Buffer.alloc(LENGTH_BYTES)
      length.writeUInt16BE(reply.length)
      socket.write(Buffer.concat([length, reply]))
    }
  })
}
