import type { SessionInfo } from '@muster/contexts/wire/accounts.ts'
import type { AccountPrincipal } from '../http/principal.ts'
import type { Parts } from '../parts.ts'
import type { Repositories } from '../store/repositories.ts'
import type { StoredSession } from '../store/sessions.ts'
import { wireTime } from '../wire-time.ts'

/** Writes down that a session was ended by its owner. */
export async function noteSessionEnd(parts: Parts, tx: Repositories, accountId: string, id: string): Promise<void> {
  const at = parts.clock.now()
  await tx.events.append({ accountId, at, type: 'session-ended', subject: id, actor: accountId })
}

/**
 * Ends one session of an account, with its event.
 *
 * @returns whether it was the one that asks; undefined when the account has no such session
 */
export async function endSession(
  parts: Parts,
  tx: Repositories,
  { accountId, credential }: AccountPrincipal,
  id: string,
): Promise<{ readonly isCurrent: boolean } | undefined> {
  const removed = await tx.sessions.removeById(accountId, id, parts.clock.now())
  if (removed === undefined) return undefined
  await noteSessionEnd(parts, tx, accountId, id)
  return { isCurrent: removed.tokenHash === credential }
}

/** A session as listed to the one who asks. */
export function presentSessionInfo(session: StoredSession, by: AccountPrincipal): SessionInfo {
  return {
    id: session.id,
    createdAt: wireTime(session.createdAt),
    lastUsedAt: wireTime(session.lastUsedAt),
    expiresAt: wireTime(session.expiresAt),
    userAgent: session.userAgent,
    isCurrent: session.tokenHash === by.credential,
  }
}
