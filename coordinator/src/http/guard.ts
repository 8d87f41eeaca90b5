import type { Scope } from '@muster/contexts/wire/accounts.ts'
import type { Clock } from '@muster/runtime/clock.ts'
import type { FastifyRequest } from 'fastify'
import type { Store } from '../store/store.ts'
import { hashToken, tokenKind } from '../token.ts'
import { ApiError } from './api-error.ts'
import { readSessionCookie, SESSION_MAX_MS } from './cookie.ts'
import { type AccountPrincipal, ALL_SCOPES } from './principal.ts'
import { requireSameOrigin } from './same-origin.ts'

/** Sessions end so long after their last use. */
export const SESSION_IDLE_MS = 12 * 60 * 60 * 1000
/** Uses closer together than this are not written down. */
const TOUCH_INTERVAL_MS = 60_000

/** Runs before the body is read; throws when the asker may not. */
export type Guard = (request: FastifyRequest) => Promise<void>

/** Finds out who is asking. Each guard sets `request.principal`. */
export interface Guards {
  /** A person by session, or by a token with this scope. */
  account(scope: Scope): Guard
  /** A person by session, or by any token. */
  anyAccount: Guard
  /** A person in the browser; tokens are refused. */
  session: Guard
  /** Whether the credential that was asked with still stands: for answers that take long. */
  isStillSignedIn(principal: AccountPrincipal): Promise<boolean>
  machine: Guard
  /** The agent of the pairing in the path. */
  agent: Guard
  /** The agent of the pairing in the path, or a person who may claim. */
  mailboxParty: Guard
}

/** Creates the guards. */
export function createGuards(deps: { readonly store: Store; readonly clock: Clock }): Guards {
  const signedIn = (request: FastifyRequest) => findAccount(request, deps)

  async function agent(request: FastifyRequest, token: string | undefined): Promise<void> {
    const pairing = token === undefined ? undefined : await deps.store.read.pairings.byAgentToken(hashToken(token))
    if (pairing === undefined) throw new ApiError('not-signed-in')
    if (pairing.id !== pathId(request)) throw new ApiError('not-found')
    request.principal = { kind: 'agent', pairing }
  }

  const account = (scope: Scope) => async (request: FastifyRequest) => {
    const principal = await signedIn(request)
    if (!principal.scopes.includes(scope)) throw new ApiError('scope-missing', `This needs the scope ${scope}.`)
    request.principal = principal
  }

  return {
    account,
    async anyAccount(request) {
      request.principal = await signedIn(request)
    },
    async session(request) {
      const principal = await signedIn(request)
      if (principal.kind !== 'session') throw new ApiError('scope-missing', 'Only a browser session may do this.')
      request.principal = principal
    },
    async isStillSignedIn({ kind, credential }) {
      const now = deps.clock.now()
      if (kind === 'token') return deps.store.read.apiTokens.isLive(credential, now)
      return (await deps.store.read.sessions.find(credential, now)) !== undefined
    },
    async machine(request) {
      const token = bearerOf(request, 'msm')
      const machine = token === undefined ? undefined : await deps.store.read.machines.byToken(hashToken(token))
      if (machine === undefined) throw new ApiError('not-signed-in')
      request.principal = { kind: 'machine', machine }
    },
    agent: (request) => agent(request, bearerOf(request, 'msa')),
    async mailboxParty(request) {
      const token = bearerOf(request, 'msa')
      if (token === undefined) await account('pairings:claim')(request)
      else await agent(request, token)
    },
  }
}

/** The person of a request behind an account guard. */
export function accountOf(request: FastifyRequest): AccountPrincipal {
  const { principal } = request
  if (principal?.kind !== 'session' && principal?.kind !== 'token') throw new Error('the route has no account guard')
  return principal
}

interface FindDeps {
  readonly store: Store
  readonly clock: Clock
}

async function findAccount(request: FastifyRequest, deps: FindDeps): Promise<AccountPrincipal> {
  if (request.headers.authorization !== undefined) return findByToken(bearerOf(request, 'mst'), deps)
  const cookie = readSessionCookie(request)
  if (cookie === undefined || tokenKind(cookie) !== 'mss') throw new ApiError('not-signed-in')
  const principal = await findBySession(hashToken(cookie), deps)
  requireSameOrigin(request)
  return principal
}

async function findByToken(token: string | undefined, { store, clock }: FindDeps): Promise<AccountPrincipal> {
  const now = clock.now()
  const found = token === undefined ? undefined : await store.read.apiTokens.find(hashToken(token), now)
  if (found === undefined) throw new ApiError('not-signed-in')
  if (found.lastUsedAt === null || now - found.lastUsedAt >= TOUCH_INTERVAL_MS) {
    await store.write((tx) => tx.apiTokens.touch(found.id, now))
  }
  const { accountId, login, accountCreatedAt, scopes, expiresAt } = found
  return { kind: 'token', accountId, login, accountCreatedAt, scopes, expiresAt, credential: found.id }
}

async function findBySession(tokenHash: string, { store, clock }: FindDeps): Promise<AccountPrincipal> {
  const now = clock.now()
  const found = await store.read.sessions.find(tokenHash, now)
  if (found === undefined) throw new ApiError('not-signed-in')
  let { expiresAt } = found
  if (now - found.lastUsedAt >= TOUCH_INTERVAL_MS) {
    expiresAt = Math.min(now + SESSION_IDLE_MS, found.createdAt + SESSION_MAX_MS)
    await store.write((tx) => tx.sessions.touch(tokenHash, now, expiresAt))
  }
  const { accountId, login, accountCreatedAt } = found
  return { kind: 'session', accountId, login, accountCreatedAt, scopes: ALL_SCOPES, expiresAt, credential: tokenHash }
}

/** The bearer token of a request when it is of this kind. */
function bearerOf(request: FastifyRequest, kind: 'mst' | 'msm' | 'msa'): string | undefined {
  const match = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')
  const token = match?.[1] ?? ''
  return tokenKind(token) === kind ? token : undefined
}

/** The path's id; the schema has not been checked yet. */
function pathId(request: FastifyRequest): unknown {
  const { params } = request
  return typeof params === 'object' && params !== null && 'id' in params ? params.id : undefined
}
