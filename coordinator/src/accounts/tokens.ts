import type { ApiToken, IssuedToken, Scope } from '@muster/contexts/wire/accounts.ts'
import { ApiError } from '../http/api-error.ts'
import type { Parts } from '../parts.ts'
import type { StoredApiToken } from '../store/api-tokens.ts'
import type { Repositories } from '../store/repositories.ts'
import { hashToken, issueToken } from '../token.ts'
import { wireTime } from '../wire-time.ts'

const DAY_MS = 24 * 60 * 60 * 1000

/** What a new token shall be. */
export interface TokenWish {
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly expiresInDays: number
}

/**
 * Makes an API token for an account, with its event.
 *
 * @throws {ApiError} too-many
 */
export async function issueApiToken(
  parts: Parts,
  tx: Repositories,
  accountId: string,
  wish: TokenWish,
): Promise<IssuedToken> {
  if ((await tx.apiTokens.count(accountId)) >= parts.limits.tokensPerAccount) throw new ApiError('too-many')
  const now = parts.clock.now()
  const token = issueToken('mst', parts.random)
  const { name, scopes, expiresInDays } = wish
  const stored: StoredApiToken = {
    id: parts.ids('tok'),
    accountId,
    name,
    scopes,
    createdAt: now,
    lastUsedAt: null,
    expiresAt: now + expiresInDays * DAY_MS,
  }
  await tx.apiTokens.insert(stored, hashToken(token))
  await tx.events.append({
    accountId,
    at: now,
    type: 'token-created',
    subject: stored.id,
    actor: accountId,
    data: { name, scopes },
  })
  return { token, info: presentToken(stored) }
}

/**
 * Takes a token back, with its event.
 *
 * @returns false when the account has no such token
 */
export async function revokeApiToken(parts: Parts, tx: Repositories, accountId: string, id: string): Promise<boolean> {
  const removed = await tx.apiTokens.remove(accountId, id)
  if (removed === undefined) return false
  await tx.events.append({
    accountId,
    at: parts.clock.now(),
    type: 'token-revoked',
    subject: id,
    actor: accountId,
    data: { name: removed.name },
  })
  return true
}

/** A token as listed. */
export function presentToken(token: StoredApiToken): ApiToken {
  return {
    id: token.id,
    name: token.name,
    scopes: [...token.scopes],
    createdAt: wireTime(token.createdAt),
    expiresAt: wireTime(token.expiresAt),
    ...(token.lastUsedAt === null ? {} : { lastUsedAt: wireTime(token.lastUsedAt) }),
  }
}
