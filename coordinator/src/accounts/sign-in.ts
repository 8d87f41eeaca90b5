import type { Credentials } from '@muster/contexts/wire/accounts.ts'
import { networkOf } from '../address.ts'
import { ApiError, slowDown } from '../http/api-error.ts'
import { SESSION_IDLE_MS } from '../http/guard.ts'
import { type AccountPrincipal, ALL_SCOPES } from '../http/principal.ts'
import type { Bucket } from '../http/rate-limit.ts'
import type { Parts } from '../parts.ts'
import type { StoredAccount } from '../store/accounts.ts'
import type { Repositories } from '../store/repositories.ts'
import { hashToken, issueToken } from '../token.ts'

/** First wait after too many wrong passwords; doubles with each further one. */
const FIRST_WAIT_MS = 1000

/** A session that has just begun; `token` goes into the cookie and nowhere else. */
export interface StartedSession {
  readonly token: string
  readonly principal: AccountPrincipal
}

/** Registration and sign-in. */
export interface SignIn {
  /** @throws {ApiError} registration-closed, login-taken, slow-down */
  register(credentials: Credentials, address: string): Promise<StartedSession>
  /** @throws {ApiError} wrong-credentials, slow-down */
  signIn(credentials: Credentials, address: string): Promise<StartedSession>
}

/** Creates registration and sign-in. */
export function createSignIn(parts: Parts): SignIn {
  const { store, clock, limits, rateLimits, passwordHasher, metrics } = parts
  // For names that do not exist, so that the time of an answer does not tell.
  const decoy = Promise.withResolvers<string>()
  let hasDecoy = false
  const decoyHash = () => {
    if (!hasDecoy) decoy.resolve(passwordHasher.hash(issueToken('mss', parts.random)))
    hasDecoy = true
    return decoy.promise
  }

  return {
    async register({ login, password }, address) {
      if (!parts.isRegistrationOpen) throw new ApiError('registration-closed')
      const buckets = [{ name: `register:${networkOf(address)}`, limit: limits.newAccountsPerNetwork }]
      await store.write(async (tx) => {
        await rateLimits.check(tx, buckets)
        await rateLimits.count(tx, buckets)
      })
      const account = await createAccount(parts, login, password)
      return store.write((tx) => startSession(parts, tx, account))
    },

    async signIn({ login, password }, address) {
      const buckets = bucketsOf(login, address)
      const tryId = await store.write(async (tx) => {
        await checkSignInLimits(tx, buckets)
        return rateLimits.count(tx, [buckets.here, ...buckets.others])
      })
      const account = await store.read.accounts.byLogin(login)
      const isRight = await passwordHasher.verify(password, account?.passwordHash ?? (await decoyHash()))
      if (account === undefined || !isRight) {
        metrics.signIn('wrong')
        throw new ApiError('wrong-credentials')
      }
      metrics.signIn('done')
      return store.write(async (tx) => {
        await tx.tries.clear(buckets.here.name)
        await rateLimits.takeBack(tx, buckets.others, tryId)
        return startSession(parts, tx, account)
      })
    },
  }

  function bucketsOf(login: string, address: string): SignInBuckets {
    const network = networkOf(address)
    return {
      here: { name: `sign-in:${login}@${network}`, limit: limits.signInPerLogin },
      others: [
        { name: `sign-in:${login}`, limit: limits.signInPerLoginAnywhere },
        { name: `sign-in-from:${network}`, limit: limits.signInPerNetwork },
      ],
    }
  }

  async function checkSignInLimits(tx: Repositories, buckets: SignInBuckets): Promise<void> {
    try {
      await rateLimits.check(tx, buckets.others)
      const { name, limit } = buckets.here
      const now = clock.now()
      const tries = await tx.tries.since(name, now - limit.windowMs, limit.count * 4)
      const waitMs = Math.min(limit.windowMs, FIRST_WAIT_MS * 2 ** (tries.length - limit.count))
      const openAt = (tries.at(-1) ?? 0) + waitMs
      if (tries.length >= limit.count && now < openAt) throw slowDown(openAt - now)
    } catch (error) {
      metrics.signIn('limited')
      throw error
    }
  }
}

interface SignInBuckets {
  /** One name from one network: waits grow. */
  readonly here: Bucket
  readonly others: readonly Bucket[]
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

async function startSession(parts: Parts, tx: Repositories, account: StoredAccount): Promise<StartedSession> {
  const now = parts.clock.now()
  const token = issueToken('mss', parts.random)
  const session = {
    tokenHash: hashToken(token),
    accountId: account.id,
    createdAt: now,
    lastUsedAt: now,
    expiresAt: now + SESSION_IDLE_MS,
  }
  await tx.sessions.insert(session)
  await tx.events.append({
    accountId: account.id,
    at: now,
    type: 'session-started',
    subject: account.id,
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
