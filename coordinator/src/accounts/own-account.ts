import type { PasswordChange } from '@muster/contexts/wire/accounts.ts'
import { ApiError } from '../http/api-error.ts'
import type { AccountPrincipal } from '../http/principal.ts'
import { endClaim, pairingTopic } from '../pairing/settle.ts'
import type { Parts } from '../parts.ts'
import type { Transaction } from '../store/store.ts'
import type { CheckPassword } from './password-check.ts'

/** What people do to their own account; each needs the present password. */
export interface OwnAccount {
  /** Ends all other sessions; tokens stay. @throws {ApiError} wrong-password, slow-down */
  changePassword(change: PasswordChange, by: AccountPrincipal, address: string): Promise<void>
  /** Deletes the account with all it owns; its events stay. @throws {ApiError} wrong-password, slow-down */
  remove(password: string, by: AccountPrincipal, address: string): Promise<void>
}

/** Creates what people do to their own account. */
export function createOwnAccount(parts: Parts, checkPassword: CheckPassword): OwnAccount {
  const { store, clock, passwordHasher } = parts

  async function requirePassword(password: string, by: AccountPrincipal, address: string) {
    const checked = await checkPassword(by.login, password, address)
    if (checked?.account.id !== by.accountId) throw new ApiError('wrong-password')
    return checked
  }

  return {
    async changePassword({ currentPassword, newPassword }, by, address) {
      const checked = await requirePassword(currentPassword, by, address)
      const passwordHash = await passwordHasher.hash(newPassword)
      const { accountId } = by
      await store.write(async (tx) => {
        if (!(await checked.confirm(tx))) throw new ApiError('wrong-password')
        await tx.accounts.setPassword(accountId, passwordHash)
        const endedSessions = await tx.sessions.removeOthers(accountId, by.credential)
        await tx.events.append({
          accountId,
          at: clock.now(),
          type: 'password-changed',
          subject: accountId,
          actor: accountId,
          data: { endedSessions },
        })
      })
    },

    async remove(password, by, address) {
      const checked = await requirePassword(password, by, address)
      await store.write(async (tx) => {
        if (!(await checked.confirm(tx))) throw new ApiError('wrong-password')
        await deleteAccount(tx, by, clock.now())
      })
    },
  }
}

async function deleteAccount(tx: Transaction, { accountId, login }: AccountPrincipal, at: number): Promise<void> {
  await tx.sessions.removeOfAccount(accountId)
  await tx.apiTokens.removeOfAccount(accountId)
  await tx.devices.removeApprovedBy(accountId)
  await tx.replies.removeOfAccount(accountId)
  await leavePairings(tx, accountId)
  const machines = await tx.machines.removeOfOwner(accountId)
  const contexts = await tx.contexts.removeOfOwner(accountId)
  const clusters = await tx.clusters.removeOfOwner(accountId)
  await tx.accounts.remove(accountId)
  await tx.events.append({
    accountId,
    at,
    type: 'account-deleted',
    subject: accountId,
    actor: accountId,
    data: { login, machines, contexts, clusters },
  })
}

/** A machine that is only claimed waits for somebody else; what was completed or has ended goes. */
async function leavePairings(tx: Transaction, accountId: string): Promise<void> {
  for (const pairing of await tx.pairings.claimedBy(accountId)) {
    if (pairing.state === 'claimed') {
      await endClaim(tx, pairing, 'given-up')
      continue
    }
    await tx.pairings.remove(pairing.id)
    tx.notify(pairingTopic(pairing.id))
  }
  await tx.claims.removeOfAccount(accountId)
}
