import { once } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Clock } from '@muster/runtime/clock.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { Random } from '@muster/runtime/random.ts'
import type { Service } from '@muster/runtime/service.ts'
import { systemCode } from '../identity/agent-error.ts'
import { type Endpoint, endpointText } from './endpoint.ts'
import { openListener } from './open-listener.ts'

const MAX_CONNECTIONS = 16
const REQUEST_LIMIT_MS = 5_000
const MAX_HEADER_BYTES = 8 * 1024
/** Prometheus text format. */
const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** What is measured, and where it is asked for. */
export interface MetricsParts {
  readonly listen: Endpoint
  /** The metrics as they are now, in the text format of Prometheus. */
  readonly render: () => string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly onListening?: (endpoint: Endpoint) => void
}

/** Gives the metrics of the agent at `/metrics` of a loopback address. One that cannot be had is tried again, and told once. */
export function createMetricsService(parts: MetricsParts): Service {
  const { listen, clock, random, log } = parts
  return {
    name: 'metrics',
    async run({ signal, ready }) {
      ready()
      const server = await openListener(() => open(parts), {
        clock,
        random,
        signal,
        onTrouble(error) {
          const code = systemCode(error) ?? 'error'
          log.warn({ code, error }, `metrics cannot be given at ${endpointText(listen)} (${code})`)
        },
      })
      if (!signal.aborted) await once(signal, 'abort')
      server.closeAllConnections()
      server.close()
    },
  }
}

async function open({ listen, render, onListening }: MetricsParts): Promise<Server> {
  // Most agents give no metrics, and start without it.
  const { createServer } = await import('node:http')
  const limits = { maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: REQUEST_LIMIT_MS, requestTimeout: REQUEST_LIMIT_MS }
  const server = createServer(limits, (request, response) => answer(request, response, render))
  server.maxConnections = MAX_CONNECTIONS
  server.listen({ ...listen })
  await once(server, 'listening')
  const bound = server.address()
  onListening?.({ host: listen.host, port: typeof bound === 'object' ? (bound?.port ?? listen.port) : listen.port })
  return server
}

function answer({ method, url }: IncomingMessage, response: ServerResponse, render: () => string): void {
  if (method !== 'GET' && method !== 'HEAD') response.writeHead(405, { allow: 'GET, HEAD' }).end()
  else if (url?.split('?')[0] !== '/metrics') response.writeHead(404).end()
  else response.writeHead(200, { 'content-type': CONTENT_TYPE }).end(method === 'HEAD' ? undefined : render())
}
