import { fileURLToPath } from 'node:url'
import autocannon from 'autocannon'
import { startProgram } from '../program.ts'
import { signUp } from '../running/account.ts'
import { type Coordinator, startCoordinator } from '../running/coordinator.ts'
import { until } from '../until.ts'
import type { Benchmark, BenchOptions, BenchRow } from './report.ts'
import { median } from './statistics.ts'

const CONNECTIONS = 16
/** Each route has its turn so many times; what the machine does beside hits all alike. */
const ROUNDS = 3

interface Route {
  readonly what: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

interface Load {
  readonly perSecond: number
  readonly p99Ms: number
}

/** Requests each second and the 99th percentile of the coordinator's routes, beside Fastify with nothing in it. */
export const coordinatorRequests: Benchmark = {
  name: 'requests',
  title: 'Requests each second on loopback, beside a bare Fastify',
  missing: () => undefined,
  async run(options) {
    const bare = startProgram(process.execPath, [fileURLToPath(new URL('./bare-fastify.ts', import.meta.url))])
    const coordinator = await startCoordinator()
    try {
      const bareUrl = await until('the bare Fastify', () => /^http:\S+/m.exec(bare.stdout())?.[0])
      const rows = await measure(await listRoutes(bareUrl, coordinator), options)
      return {
        name: 'requests',
        title: coordinatorRequests.title,
        rows,
        targets: [],
        notes: [`${CONNECTIONS} connections, medians of ${ROUNDS} turns; load and server share the processors`],
      }
    } finally {
      await coordinator.stop()
      await bare.stop()
    }
  },
}

async function listRoutes(bareUrl: string, coordinator: Coordinator): Promise<readonly Route[]> {
  const account = await signUp(coordinator.url)
  const own = (what: string, path: string, headers = {}): Route => ({ what, url: coordinator.url + path, headers })
  return [
    { what: 'bare Fastify', url: `${bareUrl}/livez`, headers: {} },
    own('GET /livez', '/livez'),
    own('GET /.well-known/muster.json (no sign-in)', '/.well-known/muster.json'),
    own('GET /api/v2/session (session)', '/api/v2/session', { cookie: account.cookie }),
    own('GET /api/v2/contexts (session)', '/api/v2/contexts', { cookie: account.cookie }),
  ]
}

async function measure(routes: readonly Route[], { loadSeconds, say }: BenchOptions): Promise<readonly BenchRow[]> {
  const loads = new Map(routes.map((route) => [route, [] as Load[]]))
  for (let round = 0; round < ROUNDS; round++) {
    for (const [route, found] of loads) {
      say(`requests: ${route.what}, round ${round + 1} of ${ROUNDS}`)
      found.push(await load(route, loadSeconds))
    }
  }
  const rates = [...loads].map(([, found]) => median(found.map(({ perSecond }) => perSecond)))
  return [...loads].map(([{ what }, found], index) => ({
    what,
    numbers: {
      'requests/s': rates[index] ?? 0,
      'p99 ms': median(found.map(({ p99Ms }) => p99Ms)),
      'share of bare': (rates[index] ?? 0) / (rates[0] ?? 1),
    },
  }))
}

async function load({ what, url, headers }: Route, duration: number): Promise<Load> {
  const result = await autocannon({ url, headers, duration, connections: CONNECTIONS })
  if (result.non2xx > 0 || result.errors > 0) {
    throw new Error(`${what}: ${result.non2xx} answers were not 2xx, ${result.errors} requests failed`)
  }
  return { perSecond: result.requests.average, p99Ms: result.latency.p99 }
}
