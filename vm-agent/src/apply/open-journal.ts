import type { Recovery } from './apply-report.ts'
import type { StoredTransaction } from './journal.ts'
import type { JournalRecord } from './journal-record.ts'
import { removeTransaction, type TransactionDeps, undoTransaction } from './transaction.ts'

/**
 * Takes back what an apply (or a rollback) that did not end has left. Called with the lock held, before anything else.
 *
 * @returns what was found, or undefined when the journal was closed properly
 */
export async function recoverJournal(deps: TransactionDeps): Promise<Recovery | undefined> {
  await deps.journal.clearTrash()
  const transactions = await deps.journal.list()
  let recovery: Recovery | undefined
  for (const transaction of [...transactions].reverse()) {
    if (transaction.state === 'open') recovery = (await takeBack(deps, transaction)) ?? recovery
  }
  // Stopped between a commit and the removal of the one before, which can no longer be undone.
  const committed = transactions.filter((transaction) => transaction.state === 'committed')
  for (const { directory } of committed.slice(0, -1)) await removeTransaction(deps, directory)
  return recovery
}

async function takeBack(deps: TransactionDeps, transaction: StoredTransaction): Promise<Recovery | undefined> {
  const { directory, records, isDamaged } = transaction
  const result = await undoTransaction(deps, directory, records)
  const begin = records.find((record) => record.type === 'begin')
  if (begin === undefined && !isDamaged) return undefined
  const damage = isDamaged ? ['the journal is damaged; what it no longer tells was not taken back'] : []
  return {
    of: records.some((record) => record.type === 'rollback') ? 'rollback' : 'apply',
    contextDigest: begin?.contextDigest ?? 'unknown',
    contextName: begin?.contextName ?? 'unknown',
    startedAt: begin?.startedAt ?? 0,
    changesMade: changesMade(records),
    isComplete: result.problems.length === 0 && !isDamaged,
    problems: [...result.problems, ...result.irreversible, ...damage],
  }
}

/**
 * Each file once, however often it was written. Intents are counted, which are on the disk before the change, and not the
 * records after it, which a power cut takes along; so the last may have been made in part, or not at all.
 */
function changesMade(records: readonly JournalRecord[]): number {
  const made = records.flatMap((record) => {
    if (record.type === 'intent') return [record.path]
    return record.type === 'effect' ? [`effect ${record.index}`] : []
  })
  return new Set(made).size
}
