import {
  constants,
  linkSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
} from 'node:fs'
import { copyFile, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { withHostPath } from '@muster/runtime/tree/host-path.ts'
import { systemCodeOf } from './apply-error.ts'
import { entryOf } from './before-state.ts'
import { removeLeftover, removeOne, setAttributes, syncDirectory } from './disk-change.ts'
import { type Entry, type FileEntry, parentOf } from './entry.ts'
import type { OnJournalStep } from './journal.ts'
import type { IntentRecord, JournalRecord } from './journal-record.ts'

/** What undoing stands on. */
export interface UndoDeps {
  readonly root: string
  /** Directory of the transaction, where the contents are. */
  readonly directory: string
  /** Runs a program of the running system; false when it failed. */
  readonly runProgram: (argv: readonly string[]) => Promise<boolean>
  /** Puts the ledger of runs back (`null`: there was none). */
  readonly restoreLedger: (text: string | null) => Promise<void>
  readonly onStep?: OnJournalStep | undefined
}

/** How undoing went. */
export interface UndoResult {
  /** What should have been taken back and was not, for people. */
  readonly problems: readonly string[]
  /** What was never going to be taken back (a script that ran on the live system), for people. */
  readonly irreversible: readonly string[]
}

/**
 * Takes changes back, last first, those begun but not finished too. Each step may be repeated, so a process that is
 * killed in the middle of this simply starts again. A step that fails does not stop the others.
 */
export async function undoRecords(deps: UndoDeps, records: readonly JournalRecord[]): Promise<UndoResult> {
  const problems: string[] = []
  const irreversible: string[] = []
  for (const record of [...records].reverse()) {
    deps.onStep?.({ when: 'before', what: 'undo' })
    if (record.type === 'effect' && record.undo.length === 0) irreversible.push(`not taken back: ${record.what}`)
    try {
      const problem = await undoRecord(deps, record)
      if (problem !== undefined) problems.push(problem)
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error))
    }
    deps.onStep?.({ when: 'after', what: 'undo' })
  }
  const parents = records.flatMap((record) => (record.type === 'intent' ? [parentOf(record.path)] : []))
  for (const parent of new Set(parents)) await syncDirectory(deps.root, parent)
  return { problems, irreversible }
}

async function undoRecord(deps: UndoDeps, record: JournalRecord): Promise<string | undefined> {
  switch (record.type) {
    case 'intent':
      return undoIntent(deps, record)
    case 'effect': {
      let isUndone = true
      for (const argv of record.undo) isUndone = (await deps.runProgram(argv)) && isUndone
      return isUndone ? undefined : `not taken back: ${record.what}`
    }
    case 'ledger':
      await deps.restoreLedger(record.before)
      return undefined
    case 'scratch':
      await rm(record.path, { recursive: true, force: true })
      return undefined
    default:
      return undefined
  }
}

async function undoIntent(deps: UndoDeps, intent: IntentRecord): Promise<string | undefined> {
  await removeLeftover(deps.root, intent.temporary)
  const present = await entryOf(deps.root, intent.path)
  const problem = await bringBack(deps, intent, present)
  await restoreParentTime(deps.root, intent)
  return problem
}

async function bringBack(deps: UndoDeps, intent: IntentRecord, present: Entry | undefined) {
  const { before, path } = intent
  if (present !== undefined && present.type !== before?.type) {
    const problem = await clearAway(deps.root, intent)
    if (problem !== undefined) return problem
  }
  if (before === null || before.type === 'other') return undefined
  try {
    await withHostPath(deps.root, path, async (hostPath) => {
      const temporary = hostPath.replace(/[^/]*$/, intent.temporary.slice(intent.temporary.lastIndexOf('/') + 1))
      if (before.type === 'link') return restoreLink(before.target, hostPath, temporary, before)
      if (before.type === 'directory' && present?.type !== 'directory') mkdirSync(hostPath, 0o700)
      if (before.type === 'file' && intent.blob !== null) {
        await restoreFile(join(deps.directory, intent.blob), hostPath, temporary, before)
      }
      setAttributes(hostPath, before.mode, before)
    })
    return undefined
  } catch (error) {
    return `${path} could not be brought back (${systemCodeOf(error) ?? 'unknown error'})`
  }
}

/** Removes what is now where something else, or nothing, was. */
async function clearAway(root: string, intent: IntentRecord): Promise<string | undefined> {
  try {
    await withHostPath(root, intent.path, (hostPath) => {
      if (intent.isRecursive) rmSync(hostPath, { recursive: true, force: true })
      else removeOne(hostPath)
    })
    return undefined
  } catch (error) {
    const code = systemCodeOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    if (code === 'ENOTEMPTY') return `${intent.path} was kept: somebody else has put files there`
    return `${intent.path} could not be removed (${code ?? 'unknown error'})`
  }
}

function restoreLink(target: string, hostPath: string, temporary: string, owner: Entry): void {
  symlinkSync(target, temporary)
  setAttributes(temporary, 0o777, owner)
  renameSync(temporary, hostPath)
}

async function restoreFile(blob: string, hostPath: string, temporary: string, before: FileEntry): Promise<void> {
  if (!tryLink(blob, temporary)) {
    await copyFile(blob, temporary, constants.COPYFILE_EXCL)
    const file = await open(temporary, 'r+')
    try {
      await file.sync()
    } finally {
      await file.close()
    }
  }
  setAttributes(temporary, before.mode, before)
  // The very file has its time still; setting it would round it.
  if (lstatSync(temporary).mtimeMs !== before.mtimeMs) {
    utimesSync(temporary, before.mtimeMs / 1000, before.mtimeMs / 1000)
  }
  renameSync(temporary, hostPath)
  // Two names of one file are left alone by rename(2).
  try {
    unlinkSync(temporary)
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error
  }
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if (['EXDEV', 'EPERM', 'EMLINK', 'EOPNOTSUPP', 'EACCES'].includes(systemCodeOf(error) ?? '')) return false
    throw error
  }
}

async function restoreParentTime(root: string, intent: IntentRecord): Promise<void> {
  const time = intent.parentMtimeMs
  if (time === null) return
  try {
    await withHostPath(root, parentOf(intent.path), (hostPath) => utimesSync(hostPath, time / 1000, time / 1000))
  } catch (error) {
    // The time of a directory is a courtesy; its owner may be somebody else.
    if (!['EPERM', 'EACCES', 'ENOENT', 'ENOTDIR', 'EROFS'].includes(systemCodeOf(error) ?? '')) throw error
  }
}
