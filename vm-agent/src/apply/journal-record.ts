import { decodeLines, encodeLine } from '@muster/runtime/checked-lines.ts'
import type { Entry } from './entry.ts'

/**
 * One line of the undo log. A transaction is `begin`, then for each change an `intent` (durable before the change) and
 * a `done`, then `commit`. A `rollback` record says that a committed transaction is being taken back.
 */
export type JournalRecord =
  | { readonly type: 'begin'; readonly contextDigest: string; readonly contextName: string; readonly startedAt: number }
  | IntentRecord
  | EffectRecord
  | ScratchRecord
  | { readonly type: 'ledger'; readonly before: string | null }
  | { readonly type: 'done'; readonly index: number; readonly after: string }
  | { readonly type: 'commit'; readonly finishedAt: number }
  | { readonly type: 'rollback'; readonly startedAt: number }

/** What was at a path before its change: enough to bring it back. */
export interface IntentRecord {
  readonly type: 'intent'
  /** Number of the intent in its transaction, from 0. */
  readonly index: number
  readonly path: string
  readonly before: Entry | null
  /** File of the transaction's directory that holds the content (a hard link where possible). */
  readonly blob: string | null
  /** Name under which the new file comes into being, to be cleared away after a crash. */
  readonly temporary: string
  /** When names in the parent last changed, to be set back. */
  readonly parentMtimeMs: number | null
  /** Whether everything below the path is new too (a home that a tool makes), so that undo removes it all. */
  readonly isRecursive: boolean
}

/** Something on the running system, with the program calls that take it back as well as they can. */
export interface EffectRecord {
  readonly type: 'effect'
  readonly index: number
  /** For people; no secrets. */
  readonly what: string
  /** Run in this order; none when it cannot be undone. No secrets: they end up in a process list. */
  readonly undo: readonly (readonly string[])[]
}

/** A directory of this machine outside the tree that must not outlive the transaction. */
export interface ScratchRecord {
  readonly type: 'scratch'
  readonly path: string
}

/** One record as a line. */
export function encodeRecord(record: JournalRecord): string {
  return encodeLine(record)
}

/** Records of a log text, and whether something else than a torn last line is damaged. */
export interface DecodedLog {
  readonly records: readonly JournalRecord[]
  /** The last line was cut: its change was not begun. */
  readonly isTorn: boolean
  /** A line before others is not what was written: the disk or somebody else changed it. */
  readonly isDamaged: boolean
}

/** Reads a log as far as it is whole; damaged lines are left out and told. */
export function decodeLog(text: string): DecodedLog {
  const { values, ...rest } = decodeLines(text)
  // The checksums say that these are lines as `encodeRecord` wrote them.
  return { records: values as JournalRecord[], ...rest }
}
