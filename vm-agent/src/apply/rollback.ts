import { transactionDepsOf } from './apply-context.ts'
import { ApplyError } from './apply-error.ts'
import { takeApplyLock } from './apply-lock.ts'
import type { ApplyDeps, Recovery } from './apply-report.ts'
import { fingerprint } from './fingerprint.ts'
import type { StoredTransaction } from './journal.ts'
import type { IntentRecord } from './journal-record.ts'
import { rememberRecovery, rememberRollback } from './last-apply.ts'
import { recoverJournal } from './open-journal.ts'
import { prepareStateDirectory } from './state-directory.ts'
import { SYSTEM_PATH } from './system-environment.ts'
import { undoTransaction } from './transaction.ts'

/** How to roll back. */
export interface RollbackRequest {
  readonly waitSeconds?: number
  /** Take back also what somebody else has changed since. */
  readonly isForced?: boolean
  readonly onWait?: (holder: string) => void
  readonly signal?: AbortSignal
}

/** What a rollback did. */
export interface RollbackReport {
  readonly contextDigest: string
  readonly contextName: string
  /** Paths that were brought back. */
  readonly paths: readonly string[]
  /** What was never going to be taken back, such as a script that ran on the live system. */
  readonly irreversible: readonly string[]
  /** Set when this took back an apply that had not ended, instead of the last one that had. */
  readonly recovery: Recovery | undefined
}

/** Most paths that an error names. */
const MAX_NAMED = 10

/**
 * Takes the last apply that changed something back.
 *
 * @throws {ApplyError} nothing-to-roll-back · changed-since - and not forced · rollback-failed · locked
 */
export async function rollbackApply(deps: ApplyDeps, request: RollbackRequest = {}): Promise<RollbackReport> {
  const setting = { path: deps.path ?? SYSTEM_PATH, clock: deps.clock }
  const transactionDeps = transactionDepsOf(deps, setting)
  if ((await transactionDeps.journal.list()).length === 0) throw nothingToRollBack()
  await prepareStateDirectory(deps.stateDirectory)
  const lock = await takeApplyLock(deps.stateDirectory, {
    waitSeconds: request.waitSeconds ?? 0,
    command: 'muster-agent rollback',
    now: deps.clock.now(),
    path: setting.path,
    onWait: request.onWait,
    signal: request.signal,
  })
  try {
    const recovery = await recoverJournal(transactionDeps)
    if (recovery !== undefined) {
      await rememberRecovery(deps.stateDirectory, recovery, deps.clock.now())
      return recoveredReport(recovery)
    }
    const last = (await transactionDeps.journal.list()).findLast(({ state }) => state === 'committed')
    if (last === undefined) throw nothingToRollBack()
    if (request.isForced !== true) await refuseChanged(deps.root, last)
    const log = await transactionDeps.journal.reopen(last.directory)
    deps.onJournalStep?.({ when: 'before', what: 'rollback' })
    await log.append([{ type: 'rollback', startedAt: deps.clock.now() }], true)
    await log.close()
    deps.onJournalStep?.({ when: 'after', what: 'rollback' })
    const { problems, irreversible } = await undoTransaction(transactionDeps, last.directory, last.records)
    await rememberRollback(deps.stateDirectory, deps.clock.now())
    if (problems.length > 0) throw rollbackFailed(problems)
    return { ...titleOf(last), paths: pathsOf(last), irreversible, recovery: undefined }
  } finally {
    await lock.release()
  }
}

/** Paths of a transaction that are not as it left them, in order; empty when nobody has touched them. */
export async function changedSince(root: string, transaction: StoredTransaction): Promise<readonly string[]> {
  const after = new Map<number, string>()
  for (const record of transaction.records) if (record.type === 'done') after.set(record.index, record.after)
  const last = new Map<string, IntentRecord>()
  for (const record of transaction.records) if (record.type === 'intent') last.set(record.path, record)
  const changed: string[] = []
  for (const [path, { index, isRecursive, before }] of last) {
    const wanted = after.get(index)
    if (wanted !== undefined && wanted !== (await fingerprint(root, path, isRecursive && before === null)))
      changed.push(path)
  }
  return changed.sort()
}

async function refuseChanged(root: string, transaction: StoredTransaction): Promise<void> {
  const changed = await changedSince(root, transaction)
  if (changed.length === 0) return
  const named = changed.slice(0, MAX_NAMED).join(', ')
  const more = changed.length > MAX_NAMED ? ` and ${changed.length - MAX_NAMED} more` : ''
  throw new ApplyError('changed-since', `changed since the apply: ${named}${more}`, {
    hint: 'Look at them; --force brings them back to before the apply, and what was changed since is lost.',
    details: { paths: changed },
  })
}

function titleOf({ records }: StoredTransaction) {
  const begin = records.find((record) => record.type === 'begin')
  return { contextDigest: begin?.contextDigest ?? 'unknown', contextName: begin?.contextName ?? 'unknown' }
}

function pathsOf({ records }: StoredTransaction): readonly string[] {
  return [...new Set(records.flatMap((record) => (record.type === 'intent' ? [record.path] : [])))].sort()
}

function recoveredReport(recovery: Recovery): RollbackReport {
  if (!recovery.isComplete) throw rollbackFailed(recovery.problems)
  const { contextDigest, problems } = recovery
  return { contextDigest, contextName: 'an apply that had not ended', paths: [], irreversible: problems, recovery }
}

function rollbackFailed(problems: readonly string[]): ApplyError {
  return new ApplyError('rollback-failed', `not everything could be taken back: ${problems.join('; ')}`, {
    hint: 'Bring these back by hand.',
    details: { problems },
  })
}

function nothingToRollBack(): ApplyError {
  return new ApplyError('nothing-to-roll-back', 'there is no apply to take back', {
    hint: 'The last apply that changed something can be taken back once.',
  })
}
