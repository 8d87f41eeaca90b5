import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { Clock } from '@muster/runtime/clock.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { Random } from '@muster/runtime/random.ts'
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify'
import type { Guards } from './http/guard.ts'
import type { Paginate } from './http/page.ts'
import type { RateLimits } from './http/rate-limit.ts'
import type { CreateId } from './ids.ts'
import type { Limits } from './limits.ts'
import type { ClusterMeshes } from './mesh/meshes.ts'
import type { Metrics } from './operator/metrics.ts'
import type { PasswordHasher } from './password.ts'
import type { ReleaseFolder } from './releases/release-folder.ts'
import type { Store } from './store/store.ts'
import type { Wakeups } from './wakeups.ts'

/** What the routes are built from. */
export interface Parts {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly ids: CreateId
  readonly log: Log
  readonly passwordHasher: PasswordHasher
  readonly limits: Limits
  readonly rateLimits: RateLimits
  readonly guards: Guards
  readonly paginate: Paginate
  readonly wakeups: Wakeups
  readonly metrics: Metrics
  readonly isRegistrationOpen: boolean
  /** Absent when the operator has switched the mesh off. */
  readonly meshes: ClusterMeshes | undefined
  /** Absent when the operator has named no folder of releases. */
  readonly releases: ReleaseFolder | undefined
  /** Origin under which people reach this coordinator, without a slash at its end. */
  publicUrl(): string
  /** Aborts when the server stops: streams and waiting requests end. */
  readonly stopping: AbortSignal
}

/** The server, with request types taken from the schemas. */
export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>
