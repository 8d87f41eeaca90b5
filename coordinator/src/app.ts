import fastifyCookie from '@fastify/cookie'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { API_BASE } from '@muster/contexts/wire/common.ts'
import type { Clock } from '@muster/runtime/clock.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { Random } from '@muster/runtime/random.ts'
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import { type AllowedMethods, rememberRoutes } from './http/allowed-methods.ts'
import { ApiError, notFound } from './http/api-error.ts'
import { createGuards } from './http/guard.ts'
import { addJsonParser } from './http/json-body.ts'
import { describeApi } from './http/openapi.ts'
import { createPaginate } from './http/page.ts'
import { servePages, wantsPage } from './http/pages.ts'
import { sendProblem } from './http/problem.ts'
import { createRateLimits } from './http/rate-limit.ts'
import { setSecurityHeaders } from './http/security-headers.ts'
import { createSharedSerializers } from './http/serializers.ts'
import { compileValidator } from './http/validate.ts'
import { type CreateId, createIds } from './ids.ts'
import { DEFAULT_LIMITS, type Limits } from './limits.ts'
import type { ClusterMeshes } from './mesh/meshes.ts'
import { createHealthCheck } from './operator/health.ts'
import { createMetrics } from './operator/metrics.ts'
import { observeRequests } from './operator/observe.ts'
import { sweep } from './operator/sweep.ts'
import type { App, Parts } from './parts.ts'
import type { PasswordHasher } from './password.ts'
import type { ReleaseFolder } from './releases/release-folder.ts'
import { registerAccountRoutes } from './routes/accounts.ts'
import { registerClusterRoutes } from './routes/clusters.ts'
import { registerContextRoutes } from './routes/contexts.ts'
import { registerDeviceRoutes } from './routes/devices.ts'
import { registerDistRoutes } from './routes/dist.ts'
import { registerEventRoutes } from './routes/events.ts'
import { registerMachineRoutes } from './routes/machines.ts'
import { registerPairingRoutes } from './routes/pairings.ts'
import { registerReleaseRoutes } from './routes/releases.ts'
import { registerSessionRoutes } from './routes/sessions.ts'
import { registerProblemPages, registerSystemRoutes } from './routes/system.ts'
import { registerTokenRoutes } from './routes/tokens.ts'
import type { Store } from './store/store.ts'
import { createWakeups } from './wakeups.ts'

/** What the server stands on. The store is migrated and stays open; the caller closes it after the server. */
export interface AppDeps {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly passwordHasher: PasswordHasher
  /** @default none: clusters can be read and deleted only */
  readonly meshes?: ClusterMeshes
  /** @default none: no agents are served */
  readonly releases?: ReleaseFolder
}

/** How the server behaves. */
export interface AppOptions {
  /** Origin under which people reach it. @default the address it listens at */
  readonly publicUrl?: string
  /** Folder of the built pages. @default none, the API alone */
  readonly webRoot?: string
  /** Whether people may create accounts. @default true */
  readonly isRegistrationOpen?: boolean
  /** Addresses or networks of proxies whose X-Forwarded-For is believed. @default none */
  readonly trustedProxies?: readonly string[]
  /** @default DEFAULT_LIMITS */
  readonly limits?: Partial<Limits>
  /** Folder whose disk `/readyz` looks at. */
  readonly dataFolder?: string
  /** Adds memory, processor and event-loop numbers to `/metrics`. @default false */
  readonly hasProcessMetrics?: boolean
}

/**
 * Builds the server without listening.
 *
 * @throws {StoreError} when the store does not answer
 */
export async function buildApp(deps: AppDeps, options: AppOptions = {}): Promise<App> {
  const ids = createIds(deps)
  const app: App = Fastify({
    logger: false,
    trustProxy: options.trustedProxies === undefined ? false : [...options.trustedProxies],
    genReqId: (raw) => requestId(raw.headers['x-request-id']) ?? ids('req'),
    forceCloseConnections: 'idle',
    exposeHeadRoutes: true,
    bodyLimit: 65_536,
    schemaController: { compilersFactory: { buildSerializer: createSharedSerializers() } },
  }).withTypeProvider<TypeBoxTypeProvider>()
  const parts = await createParts(app, deps, ids, options)

  app.decorateRequest('principal', null)
  app.decorateRequest('publicOrigin', parts.publicUrl)
  app.setValidatorCompiler(compileValidator)
  addJsonParser(app)
  const allowed = rememberRoutes(app)
  app.decorate('sweep', () => sweep(parts))
  app.addHook('onRequest', async (request, reply) => setSecurityHeaders(request, reply))
  observeRequests(app, parts)
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply, deps.log))
  await app.register(fastifyCookie)
  await describeApi(app)
  const hasPages = await servePages(app, options.webRoot)
  setNotFound(app, hasPages, allowed, deps.log)
  registerSystemRoutes(app, parts, createHealthCheck({ ...deps, dataFolder: options.dataFolder }))
  registerProblemPages(app)
  registerDistRoutes(app, parts)
  await app.register(
    (api, _options, done) => {
      registerApi(api.withTypeProvider<TypeBoxTypeProvider>(), parts)
      done()
    },
    { prefix: API_BASE },
  )
  return app
}

function registerApi(api: App, parts: Parts): void {
  registerAccountRoutes(api, parts)
  registerSessionRoutes(api, parts)
  registerTokenRoutes(api, parts)
  registerDeviceRoutes(api, parts)
  registerContextRoutes(api, parts)
  registerPairingRoutes(api, parts)
  registerMachineRoutes(api, parts)
  registerClusterRoutes(api, parts)
  registerReleaseRoutes(api, parts)
  registerEventRoutes(api, parts)
}

async function createParts(app: App, deps: AppDeps, ids: CreateId, options: AppOptions): Promise<Parts> {
  const { store, clock, random } = deps
  const wakeups = createWakeups()
  const stopping = new AbortController()
  store.onCommit(wakeups.notify)
  app.addHook('preClose', async () => stopping.abort())
  // A connection on which a request was under way when the server stopped listening would be kept for the next one.
  app.addHook('onSend', async (_request, reply) => {
    if (stopping.signal.aborted) reply.header('connection', 'close')
  })
  const cursorKey = Buffer.from(random.bytes(32)).toString('base64url')
  return {
    ...deps,
    ids,
    wakeups,
    stopping: stopping.signal,
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    rateLimits: createRateLimits({ clock, ids }),
    guards: createGuards({ store, clock }),
    paginate: createPaginate(await store.write((tx) => tx.settings.getOrCreate('cursor-key', cursorKey))),
    metrics: createMetrics({ hasProcessMetrics: options.hasProcessMetrics ?? false }),
    meshes: deps.meshes,
    releases: deps.releases,
    isRegistrationOpen: options.isRegistrationOpen ?? true,
    publicUrl: () => (options.publicUrl === undefined ? listeningOrigin(app) : new URL(options.publicUrl).origin),
  }
}

/** Where the server listens; before that, where it would by default. */
function listeningOrigin(app: App): string {
  const address = app.server.address()
  if (address === null || typeof address === 'string') return 'http://localhost'
  const isAny = address.address === '0.0.0.0' || address.address === '::'
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address
  return `http://${isAny ? 'localhost' : host}:${address.port}`
}

function setNotFound(app: App, hasPages: boolean, allowed: AllowedMethods, log: Log): void {
  app.setNotFoundHandler((request: FastifyRequest, reply: FastifyReply) => {
    if (hasPages && wantsPage(request)) return reply.header('cache-control', 'no-cache').sendFile('index.html')
    return sendProblem(unknownRoute(allowed, request), request, reply, log)
  })
}

/** 405 with the methods that the path has, else 404. */
function unknownRoute(allowed: AllowedMethods, request: FastifyRequest): ApiError {
  const methods = allowed(request.url.split('?')[0] ?? '/')
  if (methods.length === 0) return notFound()
  return new ApiError('method-not-allowed', undefined, { headers: { allow: methods.join(', ') } })
}

/** An id that a proxy gave, if it is harmless. */
function requestId(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && /^[A-Za-z0-9_-]{8,64}$/.test(header) ? header : undefined
}
