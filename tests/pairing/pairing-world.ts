import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ApiClient, createApiClient } from '@muster/contexts/api/client.ts'
import { Secret } from '@muster/contexts/secret.ts'
import { buildApp } from '@muster/coordinator/app.ts'
import type { App } from '@muster/coordinator/parts.ts'
import { createArgon2Hasher } from '@muster/coordinator/password.ts'
import { openStore, type Store } from '@muster/coordinator/store/store.ts'
import { createLog, silentLog } from '@muster/runtime/log.ts'
import { createSeededRandom, systemRandom } from '@muster/runtime/random.ts'
import { createVirtualClock, type VirtualClock } from '@muster/runtime/virtual-clock.ts'
import { previewContext } from '@muster/vm-agent/apply/apply-context.ts'
import type { ConsoleDevice } from '@muster/vm-agent/console/device.ts'
import { createScreenSurface, createSerialSurface } from '@muster/vm-agent/console/surface.ts'
import { readFacts } from '@muster/vm-agent/facts/read-facts.ts'
import { createContextPort } from '@muster/vm-agent/pairing/context-port.ts'
import { createAgentCluster } from '@muster/vm-agent/service/agent-cluster.ts'
import { readAgentHistory } from '@muster/vm-agent/service/agent-history.ts'
import { runAgent } from '@muster/vm-agent/service/run-agent.ts'
import { until } from '../until.ts'

const URL_OF_COORDINATOR = 'https://muster.example.org'

/** The agent of one machine, running. */
export interface WorldAgent {
  /** Everything that its serial console and its screen were sent, and its log. */
  readonly serial: () => string
  readonly screen: () => string
  readonly log: () => string
  readonly stateDir: string
  /** PINs in the order in which the serial console said them. */
  pins(): readonly string[]
  stop(): Promise<void>
}

/** A coordinator, a machine and the time between them, in one process. */
export interface PairingWorld {
  readonly clock: VirtualClock
  readonly root: string
  /** Lets time pass until something is so; real time for files and programs passes as well. */
  until<T>(what: string, find: () => T | undefined | Promise<T | undefined>): Promise<T>
  startAgent(): Promise<WorldAgent>
  /** A signed-in person with an API token for all she needs here. */
  signUp(login: string): Promise<ApiClient>
  /** Nothing answers at the coordinator's address any more. */
  takeDown(): Promise<void>
  /** It answers (again), with its data or with none. */
  bringUp(options?: { readonly isEmpty?: boolean }): Promise<void>
  close(): Promise<void>
}

/** A world whose coordinator runs. */
export async function createPairingWorld(): Promise<PairingWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-pairing-'))
  const root = join(folder, 'root')
  await mkdir(join(root, 'etc'), { recursive: true })
  const clock = createVirtualClock(Date.UTC(2026, 10, 22, 12))
  const agents: WorldAgent[] = []
  let coordinator: { readonly app: App; readonly store: Store } | undefined
  let generation = 0

  async function bringUp(options: { readonly isEmpty?: boolean } = {}): Promise<void> {
    if (options.isEmpty === true) generation += 1
    const store = await openStore({ kind: 'sqlite', folder: join(folder, `coordinator-${generation}`) })
    await store.migrate()
    const random = createSeededRandom(generation + 7)
    const passwordHasher = createArgon2Hasher(random, { memoryKiB: 64, passes: 1, parallelism: 1 })
    const deps = { store, clock, random: systemRandom, log: silentLog, passwordHasher }
    const app = await buildApp(deps, { publicUrl: URL_OF_COORDINATOR })
    await app.ready()
    coordinator = { app, store }
  }

  async function takeDown(): Promise<void> {
    const gone = coordinator
    coordinator = undefined
    await gone?.app.close()
    await gone?.store.close()
  }

  const world: PairingWorld = {
    clock,
    root,
    bringUp,
    takeDown,
    until: (what, find) =>
      until(what, async () => {
        await clock.advance(50)
        return find()
      }),
    async startAgent() {
      const agent = await startAgent(
        clock,
        root,
        fetchFrom(() => coordinator?.app),
      )
      agents.push(agent)
      return agent
    },
    async signUp(login) {
      const app = coordinator?.app
      const made = await app?.inject({
        method: 'POST',
        url: '/api/v2/accounts',
        payload: { login, password: 'correct horse battery' },
      })
      const cookie = String(made?.headers['set-cookie']).split(';')[0] ?? ''
      const scopes = ['pairings:claim', 'machines:read', 'machines:write']
      const issued = await app?.inject({
        method: 'POST',
        url: '/api/v2/tokens',
        headers: { cookie, 'sec-fetch-site': 'same-origin' },
        payload: { name: 'test', scopes },
      })
      const token = new Secret(String(issued?.json().token))
      const fetch = fetchFrom(() => coordinator?.app)
      return createApiClient({ baseUrl: URL_OF_COORDINATOR, fetch, random: systemRandom, token })
    },
    async close() {
      for (const agent of agents) await agent.stop()
      await takeDown()
      await rm(folder, { recursive: true, force: true })
    },
  }
  await bringUp()
  return world
}

/** `fetch` to a server in this process; without one, as if nothing listened. */
function fetchFrom(server: () => App | undefined): typeof fetch {
  return async (url, init = {}) => {
    const app = server()
    if (app === undefined) {
      const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
      throw new TypeError('fetch failed', { cause })
    }
    const { pathname, search } = new URL(String(url))
    const signal = init.signal ?? undefined
    const reply = await app
      .inject({
        method: (init.method ?? 'GET') as 'GET',
        url: pathname + search,
        headers: init.headers as Record<string, string>,
        ...(init.body === undefined ? {} : { payload: String(init.body) }),
        ...(signal === undefined ? {} : { signal }),
      })
      .catch((error: unknown) => {
        throw signal?.aborted === true ? signal.reason : error
      })
    const body = reply.statusCode === 204 || reply.body === '' ? null : reply.body
    return new Response(body, { status: reply.statusCode, headers: reply.headers as Record<string, string> })
  }
}

async function startAgent(clock: VirtualClock, root: string, fetch: typeof globalThis.fetch): Promise<WorldAgent> {
  const stateDir = join(root, 'var/lib/muster')
  const said = { serial: '', screen: '', log: '' }
  const collect = (where: keyof typeof said) => (text: string) => {
    said[where] += text
  }
  const log = createLog({ level: 'debug', format: 'json', destination: { write: collect('log') } })
  const stop = new AbortController()
  const settings = {
    coordinatorUrl: URL_OF_COORDINATOR,
    root,
    stateDir,
    console: 'none',
    consoleMode: 'auto',
    issue: undefined,
    logFormat: 'json',
    logLevel: 'debug',
    dnsListen: undefined,
    metricsListen: undefined,
    isUserDataUsed: false,
    updates: { mode: 'off', channel: 'stable', freeze: 'no', url: undefined, trialMs: 300_000 },
  } as const
  const shared = { clock, random: systemRandom, log }
  const cluster = await createAgentCluster({ ...shared, settings, readFacts })
  const { applyDeps, gate } = cluster
  const deps = {
    ...shared,
    fetch,
    cluster,
    userData: undefined,
    contexts: createContextPort(applyDeps, { applyContext: gate.applyContext, previewContext }),
    surfaces: [
      createSerialSurface(collector(collect('serial'))),
      createScreenSurface(collector(collect('screen')), () => ({})),
    ],
    notify: { socket: undefined, watchdogUsec: undefined },
  }
  const history = await readAgentHistory(applyDeps, stop.signal)
  const ended = runAgent(deps, { settings, history, signal: stop.signal })
  // A failure is seen by who stops the agent; until then it must not end the tests.
  ended.catch(() => undefined)
  return {
    serial: () => said.serial,
    screen: () => said.screen,
    log: () => said.log,
    stateDir,
    pins: () => [...said.serial.matchAll(/PIN {2}([A-Z]{4}-[A-Z]{4})/g)].map((match) => match[1] ?? ''),
    async stop() {
      stop.abort(new DOMException('the test is over', 'AbortError'))
      let isOver = false
      const over = ended.finally(() => {
        isOver = true
      })
      over.catch(() => undefined)
      await until('the agent to end', async () => {
        await clock.advance(50)
        return isOver ? true : undefined
      })
      await over
    },
  }
}

function collector(write: (text: string) => void): ConsoleDevice {
  return {
    lineEnd: '\n',
    size: () => ({ columns: 80, rows: 24, isUnicode: true }),
    write: async (text) => write(text),
  }
}
