import type { Recovery } from './apply-report.ts'
import type { StoredTransaction } from './journal.ts'
import { removeTransaction, type TransactionDeps, undoDepsOf } from './transaction.ts'
import { undoRecords } from './undo.ts'

/**
 * Takes back what an apply (or a rollback) that did not end has left. Called with the lock held, before anything else.
 *
 * @returns what was found, or undefined when the journal was closed properly
 */
export async function recoverJournal(deps: TransactionDeps): Promise<Recovery | undefined> {
  await deps.journal.clearTrash()
  let recovery: Recovery | undefined
  for (const transaction of [...(await deps.journal.list())].reverse()) {
    if (transaction.state === 'open') recovery = await takeBack(deps, transaction)
  }
  return recovery
}

async function takeBack(deps: TransactionDeps, transaction: StoredTransaction): Promise<Recovery | undefined> {
  const { directory, records } = transaction
  const problems = [...(await undoRecords(undoDepsOf(deps, directory), records))]
  if (transaction.isDamaged)
    problems.push(`the journal ${directory} is damaged; what it no longer tells was not taken back`)
  if (problems.length === 0) await removeTransaction(deps, directory)
  const begin = records.find((record) => record.type === 'begin')
  if (begin === undefined) return undefined
  return {
    contextDigest: begin.contextDigest,
    startedAt: begin.startedAt,
    isComplete: problems.length === 0,
    problems,
  }
}
