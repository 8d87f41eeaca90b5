import { randomBytes } from 'node:crypto'
import { captureBefore } from './before-state.ts'
import { changeEntry, syncDirectory } from './disk-change.ts'
import { syncPath } from './durable.ts'
import { type Mutation, parentOf } from './entry.ts'
import { fingerprint } from './fingerprint.ts'
import type { Journal, OnJournalStep, TransactionLog } from './journal.ts'
import type { EffectRecord, IntentRecord, JournalRecord } from './journal-record.ts'
import { ledgerPath } from './run-ledger.ts'
import { readStateText, writeStateText } from './state-text.ts'
import { type UndoResult, undoRecords } from './undo.ts'

/** What a transaction stands on. */
export interface TransactionDeps {
  readonly root: string
  readonly stateDirectory: string
  readonly journal: Journal
  /** Runs a program of the running system on the way back; false when it failed. */
  readonly runUndo: (argv: readonly string[]) => Promise<boolean>
  readonly onStep?: OnJournalStep | undefined
}

/** For which context. */
export interface TransactionTitle {
  readonly contextDigest: string
  readonly contextName: string
  /** Epoch milliseconds. */
  readonly startedAt: number
}

/** Changes that are made together or not at all. It comes to disk with its first change. */
export interface Transaction {
  /** Makes changes in order; their before-state is durable first. */
  change(mutations: readonly Mutation[]): Promise<void>
  /**
   * Runs something that changes `paths` by itself (a tool of the distribution). Each path is brought back on undo, with
   * all that is below it when it did not exist before.
   */
  around<T>(paths: readonly string[], work: () => Promise<T>): Promise<T>
  /** Runs something that reaches beyond files, with the programs that take it back. */
  effect<T>(effect: Pick<EffectRecord, 'what' | 'undo'>, work: () => Promise<T>): Promise<T>
  /** Names a directory of this machine that must not outlive the transaction, before it is made. */
  scratch(path: string): Promise<void>
  /** Makes the changes final, and the ledger (when given) with them; earlier committed ones can no longer be undone. */
  commit(ledger: string | undefined, finishedAt: number): Promise<void>
  /** Takes all back. */
  rollback(): Promise<UndoResult>
}

/** Starts a transaction; nothing is written yet. */
export function createTransaction(deps: TransactionDeps, title: TransactionTitle): Transaction {
  const { root, journal, onStep } = deps
  const records: JournalRecord[] = []
  const token = randomBytes(4).toString('hex')
  let log: TransactionLog | undefined
  let nextIndex = 0

  const around = async <T>(
    what: 'begin' | 'intent' | 'change' | 'effect' | 'done' | 'commit',
    work: () => Promise<T>,
  ) => {
    onStep?.({ when: 'before', what })
    const result = await work()
    onStep?.({ when: 'after', what })
    return result
  }

  async function openedLog(): Promise<TransactionLog> {
    if (log !== undefined) return log
    const opened = await journal.begin()
    log = opened
    await around('begin', () => opened.append([{ type: 'begin', ...title }], true))
    return opened
  }

  async function append(added: readonly JournalRecord[], isDurable: boolean): Promise<void> {
    const target = await openedLog()
    // Known before it is written: a record that may be half on disk is undone as well.
    records.push(...added)
    await target.append(added, isDurable)
  }

  async function intend(mutations: readonly Mutation[], isRecursive: boolean): Promise<readonly IntentRecord[]> {
    const { directory } = await openedLog()
    const intents: IntentRecord[] = []
    for (const mutation of mutations) {
      intents.push(await captureBefore(mutation, { root, directory, index: nextIndex, token, isRecursive }))
      nextIndex += 1
    }
    if (intents.some((intent) => intent.blob !== null)) await syncPath(directory)
    await around('intent', () => append(intents, true))
    return intents
  }

  async function finish(intents: readonly IntentRecord[]): Promise<void> {
    const parents = new Set(intents.map((intent) => parentOf(intent.path)))
    await Promise.all([...parents].map((parent) => syncDirectory(root, parent)))
    const done: JournalRecord[] = []
    for (const { index, path, isRecursive, before } of intents) {
      const after = await fingerprint(root, path, isRecursive && before === null)
      done.push({ type: 'done', index, after })
    }
    await around('done', () => append(done, false))
  }

  return {
    async change(mutations) {
      if (mutations.length === 0) return
      const intents = await intend(mutations, false)
      for (const [number, mutation] of mutations.entries()) {
        const temporary = intents[number]?.temporary ?? ''
        await around('change', () => changeEntry(root, mutation, temporary.slice(temporary.lastIndexOf('/') + 1)))
      }
      await finish(intents)
    },
    async around(paths, work) {
      const intents = await intend(
        paths.map((path) => ({ do: 'remove', path })),
        true,
      )
      const result = await around('change', work)
      await finish(intents)
      return result
    },
    async effect({ what, undo }, work) {
      const index = nextIndex
      nextIndex += 1
      await around('intent', () => append([{ type: 'effect', index, what, undo }], true))
      return around('effect', work)
    },
    scratch: (path) => append([{ type: 'scratch', path }], true),
    async commit(ledger, finishedAt) {
      if (ledger !== undefined) await commitLedger(deps, ledger, append)
      if (log === undefined) return
      const { directory } = log
      await around('commit', () => append([{ type: 'commit', finishedAt }], true))
      await log.close()
      await removeOthers(deps, directory)
    },
    async rollback() {
      if (log === undefined) return { problems: [], irreversible: [] }
      const { directory } = log
      await log.close()
      return undoTransaction(deps, directory, records)
    },
  }
}

/** Undoes the records of a transaction and closes it; one that could not be undone whole is put aside. */
export async function undoTransaction(
  deps: TransactionDeps,
  directory: string,
  records: readonly JournalRecord[],
): Promise<UndoResult> {
  const result = await undoRecords(undoDepsOf(deps, directory), records)
  if (result.problems.length === 0) {
    await removeTransaction(deps, directory)
    return result
  }
  const place = await deps.journal.setAside(directory)
  return { ...result, problems: [...result.problems, `the journal of this was kept at ${place}`] }
}

function undoDepsOf(deps: TransactionDeps, directory: string) {
  return {
    root: deps.root,
    directory,
    runProgram: deps.runUndo,
    restoreLedger: (text: string | null) => writeStateText(ledgerPath(deps.stateDirectory), text),
    onStep: deps.onStep,
  }
}

/** Takes a finished transaction away. */
export async function removeTransaction(deps: TransactionDeps, directory: string): Promise<void> {
  deps.onStep?.({ when: 'before', what: 'remove' })
  await deps.journal.remove(directory)
  deps.onStep?.({ when: 'after', what: 'remove' })
}

async function commitLedger(
  deps: TransactionDeps,
  ledger: string,
  append: (records: readonly JournalRecord[], isDurable: boolean) => Promise<void>,
): Promise<void> {
  const path = ledgerPath(deps.stateDirectory)
  const before = await readStateText(path)
  if (before === ledger) return
  await append([{ type: 'ledger', before }], true)
  await writeStateText(path, ledger)
}

async function removeOthers(deps: TransactionDeps, kept: string): Promise<void> {
  for (const { directory } of await deps.journal.list()) {
    if (directory !== kept) await removeTransaction(deps, directory)
  }
}
