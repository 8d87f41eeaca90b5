import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import type { Clock } from '@muster/runtime/clock.ts'
import { createLog } from '@muster/runtime/log.ts'
import { createSeededRandom } from '@muster/runtime/random.ts'
import { createVirtualClock, type VirtualClock } from '@muster/runtime/virtual-clock.ts'
import { expect, onTestFinished } from 'vitest'
import { type AppDeps, type AppOptions, buildApp } from '../src/app.ts'
import type { ClusterMeshes } from '../src/mesh/meshes.ts'
import type { App } from '../src/parts.ts'
import { createArgon2Hasher, type PasswordHasher } from '../src/password.ts'
import type { ReleaseFolder } from '../src/releases/release-folder.ts'
import { openStore, type Store, type StoreLocation } from '../src/store/store.ts'
import { contractBreach } from './contract.ts'
import { createMigratedDatabase } from './store/test-database.ts'

export const START_MS = Date.UTC(2026, 10, 22, 12)
export const PASSWORD = 'correct horse battery'

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD'

/** What a call may add. */
export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  /** Address that the server sees. @default 127.0.0.1 */
  readonly from?: string
}

/** An answer, its body decoded when it is JSON. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  /** Empty when the body is not a JSON object. */
  readonly json: Readonly<Record<string, unknown>>
}

/** The value at a dotted path of an answer's body; undefined when there is none. */
export function pick(answer: Answer, path: string): unknown {
  let value: unknown = answer.json
  for (const name of path.split('.')) {
    value = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
  }
  return value
}

/** The text at a dotted path of an answer's body; fails the test when there is none. */
export function textAt(answer: Answer, path: string): string {
  const value = pick(answer, path)
  if (typeof value !== 'string') throw new Error(`no text at ${path} of ${answer.text}`)
  return value
}

/** The list at a dotted path of an answer's body; fails the test when there is none. */
export function listAt(answer: Answer, path: string): readonly Readonly<Record<string, unknown>>[] {
  const value = pick(answer, path)
  if (!Array.isArray(value)) throw new Error(`no list at ${path} of ${answer.text}`)
  return value
}

/** Calls the server as somebody. */
export type Call = (method: Method, path: string, options?: CallOptions) => Promise<Answer>

/** A server on a store of its own and a clock that stands still until it is moved. */
export interface TestApp {
  readonly app: App
  readonly store: Store
  readonly clock: VirtualClock
  readonly folder: string
  /** Of the store. */
  readonly location: StoreLocation
  /** Everything that was logged so far. */
  log(): string
  /** Calls without any credential; every reply is checked against the description. */
  readonly call: Call
  /** Makes an account; `call` is its browser. */
  signUp(login: string, from?: string): Promise<TestPerson>
  close(): Promise<void>
}

/** Somebody with an account. */
export interface TestPerson {
  readonly id: string
  readonly cookie: string
  readonly call: Call
  /** Makes an API token. */
  token(...scopes: readonly string[]): Promise<string>
}

/** What a test may change. */
export interface TestAppOptions extends AppOptions {
  readonly passwordHasher?: PasswordHasher
  /** @default none */
  readonly releases?: ReleaseFolder
  /** Of an earlier server of the same test, to start again on its data. */
  readonly folder?: string
  /** Of a migrated store. @default one of its own, or that of the earlier server */
  readonly location?: StoreLocation
  readonly clock?: VirtualClock
  /** @default no mesh */
  /** In place of the clock that stands still: for tests with a real network. */
  readonly realClock?: Clock
  readonly createMeshes?: (deps: Omit<AppDeps, 'meshes' | 'passwordHasher'>) => ClusterMeshes
}

/** Builds a server for one test; it is closed and its folder removed at the test's end. */
export async function createTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'muster-coordinator-test-')))
  const clock = options.clock ?? createVirtualClock(START_MS)
  const random = createSeededRandom(options.folder === undefined ? 1 : 2)
  const known = options.location ?? locations.get(folder)
  const location = known ?? (options.folder === undefined ? await createStorePlace(folder) : sqliteIn(folder))
  const store = await openStore(location)
  const lines: string[] = []
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString())
      done()
    },
  })
  const log = createLog({ level: 'debug', format: 'json', destination })
  const cheap = { memoryKiB: 64, passes: 1, parallelism: 1 }
  const passwordHasher = options.passwordHasher ?? createArgon2Hasher(random, cheap)
  const appClock = options.realClock ?? clock
  const meshes = options.createMeshes?.({ store, clock: appClock, random, log })
  const app = await buildApp(
    {
      store,
      clock: appClock,
      random,
      log,
      passwordHasher,
      ...(meshes === undefined ? {} : { meshes }),
      ...(options.releases === undefined ? {} : { releases: options.releases }),
    },
    { dataFolder: folder, ...options },
  )
  await app.ready()
  let isClosed = false
  const close = async () => {
    if (isClosed) return
    isClosed = true
    await app.close()
    await store.close()
  }
  onTestFinished(async () => {
    await close()
    await rm(folder, { recursive: true, force: true })
  })
  const call = createCall(app, {})
  return {
    app,
    store,
    clock,
    folder,
    location,
    call,
    close,
    log: () => lines.join(''),
    signUp: (login, from) => signUp(app, call, login, from),
  }
}

function sqliteIn(folder: string): StoreLocation {
  return { kind: 'sqlite', folder }
}

/** Where the store of each folder is, for tests that start again on its data. */
const locations = new Map<string, StoreLocation>()

/** Makes the store of a new folder; it is removed at the test's end, after the server that uses it is closed. */
async function createStorePlace(folder: string): Promise<StoreLocation> {
  const { location, remove } = await createMigratedDatabase(folder)
  locations.set(folder, location)
  onTestFinished(async () => {
    locations.delete(folder)
    await remove()
  })
  return location
}

/** Calls with some headers each time, such as those of an agent. */
export function createCall(app: App, always: Readonly<Record<string, string>>): Call {
  return async (method, path, { headers = {}, body, from } = {}) => {
    const reply = await app.inject({
      method,
      url: path,
      headers: { ...always, ...headers },
      ...(body === undefined ? {} : { payload: body as object }),
      ...(from === undefined ? {} : { remoteAddress: from }),
    })
    expect(contractBreach(app, method, path, reply)).toBeUndefined()
    const isJson = /json/.test(String(reply.headers['content-type'])) && reply.body !== ''
    return {
      status: reply.statusCode,
      headers: reply.headers as Record<string, string>,
      text: reply.body,
      json: isJson ? JSON.parse(reply.body) : {},
    }
  }
}

async function signUp(app: App, call: Call, login: string, from?: string): Promise<TestPerson> {
  const body = { login, password: PASSWORD }
  const made = await call('POST', '/api/v2/accounts', { body, ...(from === undefined ? {} : { from }) })
  expect(made.status).toBe(201)
  const cookie = cookieOf(made)
  const own = createCall(app, { cookie, 'sec-fetch-site': 'same-origin' })
  return {
    id: textAt(made, 'account.id'),
    cookie,
    call: own,
    async token(...scopes) {
      const issued = await own('POST', '/api/v2/tokens', { body: { name: 'test', scopes } })
      expect(issued.status).toBe(201)
      return textAt(issued, 'token')
    },
  }
}

/** The cookie of an answer as a browser would send it back. */
export function cookieOf(answer: Answer): string {
  return String(answer.headers['set-cookie']).split(';')[0] ?? ''
}

/** Calls with a bearer token. */
export function bearer(app: App, token: string): Call {
  return createCall(app, { authorization: `Bearer ${token}` })
}
