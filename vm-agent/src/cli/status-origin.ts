import type { IdentityRecord } from '../identity/identity-record.ts'
import { cloneReason } from '../identity/settle-identity.ts'
import type { UserDataEntry } from '../sources/user-data-record.ts'

/** `identity` of `status --json`. */
export function identityFacts(identity: IdentityRecord | undefined) {
  if (identity === undefined) return null
  const { since, clone } = identity
  return {
    since: new Date(since).toISOString(),
    clone: clone === undefined ? null : { ...clone, noticedAt: new Date(clone.noticedAt).toISOString() },
  }
}

/** That this machine is a copy of another one, if it is. */
export function identityLines(identity: IdentityRecord | undefined): readonly (readonly [string, string])[] {
  const clone = identity?.clone
  if (clone === undefined) return []
  const when = `noticed at ${new Date(clone.noticedAt).toISOString()}`
  return [['copy', `of another machine, ${when}: ${cloneReason(clone.changed)}; it was made a new machine`]]
}

/**
 * What was done with the context of the user-data last.
 *
 * @param isApplying - somebody applies something just now
 */
export function userDataLines(
  entry: UserDataEntry | undefined,
  isApplying: boolean,
): readonly (readonly [string, string])[] {
  if (entry === undefined) return []
  const { phase, at, digest, tries, problem } = entry
  const what = `${digest.slice(0, 12)} at ${at}`
  const script = entry.script === 'cloud-init' ? '; its script was left to cloud-init' : ''
  if (phase === 'applied') return [['user-data', `applied (${what})${script}`]]
  if (phase === 'begun' && problem === null && isApplying) return [['user-data', `being applied (since ${at})`]]
  const again = phase === 'begun' ? 'tried again at the next start' : 'not tried again'
  const why = problem === null ? 'the apply has not ended' : problem.message
  return [['user-data', `NOT applied (${what}, ${tries === 1 ? '1 try' : `${tries} tries`}): ${why}; ${again}`]]
}
