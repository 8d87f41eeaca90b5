import type { Scope } from '@muster/contexts/wire/accounts.ts'
import type { StoredMachine } from '../store/machines.ts'
import type { StoredPairing } from '../store/pairings.ts'

/** All scopes: what a browser session may do. */
export const ALL_SCOPES = [
  'contexts:read',
  'contexts:write',
  'machines:read',
  'machines:write',
  'clusters:read',
  'clusters:write',
  'pairings:claim',
  'events:read',
] as const satisfies readonly Scope[]

/** A person, through the browser or a token. */
export interface AccountPrincipal {
  readonly kind: 'session' | 'token'
  readonly accountId: string
  readonly login: string
  readonly accountCreatedAt: number
  readonly scopes: readonly Scope[]
  readonly expiresAt: number
  /** Hash of the session's token, or id of the API token. */
  readonly credential: string
}

/** Who is asking. */
export type Principal =
  | AccountPrincipal
  | { readonly kind: 'machine'; readonly machine: StoredMachine }
  | { readonly kind: 'agent'; readonly pairing: StoredPairing }

declare module 'fastify' {
  interface FastifyInstance {
    /** Writes down what the clock has ended and deletes what is no longer needed. */
    sweep(): Promise<void>
  }
  interface FastifyRequest {
    /** Set by the route's guard; null where nobody is asked. */
    principal: Principal | null
    /** Scheme, host and port under which people reach this coordinator. */
    publicOrigin(): string
  }
}
