import type { Credentials } from '@muster/contexts/wire/accounts.ts'
import { networkOf } from '../address.ts'
import { ApiError } from '../http/api-error.ts'
import { SESSION_IDLE_MS } from '../http/guard.ts'
import { type AccountPrincipal, ALL_SCOPES } from '../http/principal.ts'
import type { Parts } from '../parts.ts'
import type { StoredAccount } from '../store/accounts.ts'
import type { Repositories } from '../store/repositories.ts'
import { hashToken, issueToken } from '../token.ts'
import type { CheckPassword } from './password-check.ts'
import { describeUserAgent } from './user-agent.ts'

/** A session that has just begun; `token` goes into the cookie and nowhere else. */
export interface StartedSession {
  readonly token: string
  readonly principal: AccountPrincipal
}

/** Where a session is begun. */
export interface Browser {
  readonly address: string
  /** Its User-Agent header. */
  readonly userAgent: string | undefined
}

/** Registration and sign-in. */
export interface SignIn {
  /** @throws {ApiError} registration-closed, login-taken, slow-down */
  register(credentials: Credentials, from: Browser): Promise<StartedSession>
  /** @throws {ApiError} wrong-credentials, slow-down */
  signIn(credentials: Credentials, from: Browser): Promise<StartedSession>
}

/** Creates registration and sign-in. */
export function createSignIn(parts: Parts, checkPassword: CheckPassword): SignIn {
  const { store, limits, rateLimits, metrics } = parts

  return {
    async register({ login, password }, from) {
      if (!parts.isRegistrationOpen) throw new ApiError('registration-closed')
      const buckets = [{ name: `register:${networkOf(from.address)}`, limit: limits.newAccountsPerNetwork }]
      await store.write(async (tx) => {
        await rateLimits.check(tx, buckets)
        await rateLimits.count(tx, buckets)
      })
      const account = await createAccount(parts, login, password)
      return store.write((tx) => startSession(parts, tx, account, from))
    },

    async signIn({ login, password }, from) {
      const checked = await checkPassword(login, password, from.address)
      if (checked === undefined) throw new ApiError('wrong-credentials')
      const started = await store.write(async (tx) => {
        if (!(await checked.confirm(tx))) throw new ApiError('wrong-credentials')
        return startSession(parts, tx, checked.account, from)
      })
      metrics.signIn('done')
      return started
    },
  }
}

/**
 * Makes an account, with its event.
 *
 * @throws {ApiError} login-taken
 */
export async function createAccount(
  deps: Pick<Parts, 'store' | 'clock' | 'ids' | 'passwordHasher'>,
  login: string,
  password: string,
): Promise<StoredAccount> {
  const passwordHash = await deps.passwordHasher.hash(password)
  const account = { id: deps.ids('acc'), login, passwordHash, createdAt: deps.clock.now() }
  return deps.store.write(async (tx) => {
    if (!(await tx.accounts.insert(account))) throw new ApiError('login-taken')
    const { id, createdAt } = account
    await tx.events.append({
      accountId: id,
      at: createdAt,
      type: 'account-created',
      subject: id,
      actor: id,
      data: { login },
    })
    return account
  })
}

async function startSession(
  parts: Parts,
  tx: Repositories,
  account: StoredAccount,
  from: Browser,
): Promise<StartedSession> {
  const now = parts.clock.now()
  const token = issueToken('mss', parts.random)
  const session = {
    id: parts.ids('ses'),
    tokenHash: hashToken(token),
    accountId: account.id,
    userAgent: describeUserAgent(from.userAgent),
    createdAt: now,
    lastUsedAt: now,
    expiresAt: now + SESSION_IDLE_MS,
  }
  await tx.sessions.insert(session)
  await tx.events.append({
    accountId: account.id,
    at: now,
    type: 'session-started',
    subject: session.id,
    actor: account.id,
  })
  return {
    token,
    principal: {
      kind: 'session',
      accountId: account.id,
      login: account.login,
      accountCreatedAt: account.createdAt,
      scopes: ALL_SCOPES,
      expiresAt: session.expiresAt,
      credential: session.tokenHash,
    },
  }
}
