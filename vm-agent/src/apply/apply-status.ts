import { join } from 'node:path'
import { APPLY_LOCK } from './apply-lock.ts'
import { createJournal } from './journal.ts'
import { type LastApply, readLastApply } from './last-apply.ts'
import { describeHolder, readHolder } from './state-lock.ts'

/** What the executor has to tell about a machine. Reads only. */
export interface ApplyStatus {
  readonly stateDirectory: string
  readonly lastApply: LastApply | undefined
  /** The apply that `rollback` would take back. */
  readonly undoable:
    | { readonly contextDigest: string; readonly contextName: string; readonly startedAt: number }
    | undefined
  /** An apply or rollback that has not ended and holds no lock: it is taken back by the next one. */
  readonly hasOpenJournal: boolean
  /** Who is applying now. */
  readonly lockHolder: string | undefined
}

/** @throws {ApplyError} not-permitted - the state directory is closed to this user */
export async function readApplyStatus(stateDirectory: string): Promise<ApplyStatus> {
  const holder = await readHolder(join(stateDirectory, APPLY_LOCK))
  const transactions = await createJournal(stateDirectory).list()
  const begin = transactions
    .findLast(({ state }) => state === 'committed')
    ?.records.find((record) => record.type === 'begin')
  return {
    stateDirectory,
    lastApply: await readLastApply(stateDirectory),
    undoable:
      begin === undefined
        ? undefined
        : { contextDigest: begin.contextDigest, contextName: begin.contextName, startedAt: begin.startedAt },
    hasOpenJournal: holder === undefined && transactions.some(({ state }) => state === 'open'),
    lockHolder: holder === undefined ? undefined : describeHolder(holder),
  }
}
