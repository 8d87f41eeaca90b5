import { networkOf } from '../address.ts'
import { ApiError, slowDown } from '../http/api-error.ts'
import type { Bucket } from '../http/rate-limit.ts'
import type { Parts } from '../parts.ts'
import type { StoredAccount } from '../store/accounts.ts'
import type { Repositories } from '../store/repositories.ts'
import { issueToken } from '../token.ts'

/** First wait after too many wrong passwords; doubles with each further one. */
const FIRST_WAIT_MS = 1000

/** A right password. */
export interface CheckedPassword {
  readonly account: StoredAccount
  /**
   * Takes the try back; call it in the transaction that acts on the password.
   *
   * @returns false when the password was changed or the account deleted meanwhile
   */
  confirm(tx: Repositories): Promise<boolean>
}

/**
 * Compares a password, slowly on purpose and with limited tries: those at sign-in and those of a signed-in person count
 * together.
 *
 * @returns undefined when name or password is wrong
 * @throws {ApiError} slow-down
 */
export type CheckPassword = (login: string, password: string, address: string) => Promise<CheckedPassword | undefined>

/** Creates the comparison. */
export function createPasswordCheck(parts: Parts): CheckPassword {
  const { store, rateLimits, passwordHasher, metrics } = parts
  // For names that do not exist, so that the time of an answer does not tell.
  let decoy: Promise<string> | undefined
  const decoyHash = () => {
    decoy ??= passwordHasher.hash(issueToken('mss', parts.random))
    return decoy
  }

  return async (login, password, address) => {
    const { here, others } = bucketsOf(parts, login, address)
    const tryId = await store.write(async (tx) => {
      await checkLimits(parts, tx, here, others)
      return rateLimits.count(tx, [here, ...others])
    })
    const account = await store.read.accounts.byLogin(login)
    const isRight = await passwordHasher.verify(password, account?.passwordHash ?? (await decoyHash()))
    if (account === undefined || !isRight) {
      metrics.signIn('wrong')
      return undefined
    }
    return {
      account,
      async confirm(tx) {
        await tx.tries.clear(here.name)
        await rateLimits.takeBack(tx, others, tryId)
        return (await tx.accounts.byId(account.id))?.passwordHash === account.passwordHash
      },
    }
  }
}

/** `here` is one name from one network, where waits grow. */
function bucketsOf({ limits }: Parts, login: string, address: string) {
  const network = networkOf(address)
  const here: Bucket = { name: `sign-in:${login}@${network}`, limit: limits.signInPerLogin }
  const others: readonly Bucket[] = [
    { name: `sign-in:${login}`, limit: limits.signInPerLoginAnywhere },
    { name: `sign-in-from:${network}`, limit: limits.signInPerNetwork },
  ]
  return { here, others }
}

async function checkLimits(parts: Parts, tx: Repositories, here: Bucket, others: readonly Bucket[]): Promise<void> {
  try {
    await parts.rateLimits.check(tx, others)
    const { name, limit } = here
    const now = parts.clock.now()
    const tries = await tx.tries.since(name, now - limit.windowMs, limit.count * 4)
    const waitMs = Math.min(limit.windowMs, FIRST_WAIT_MS * 2 ** (tries.length - limit.count))
    const openAt = (tries.at(-1) ?? 0) + waitMs
    if (tries.length >= limit.count && now < openAt) throw slowDown(openAt - now)
  } catch (error) {
    if (error instanceof ApiError) parts.metrics.signIn('limited')
    throw error
  }
}
