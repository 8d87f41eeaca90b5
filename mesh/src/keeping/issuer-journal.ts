import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { decodeLines, encodeLine } from '@muster/runtime/checked-lines.ts'
import type { Clock } from '@muster/runtime/clock.ts'
import type { Log } from '@muster/runtime/log.ts'
import { compactEntries, ledgerOf, type TokenEntry } from '../admission/join-token.ts'
import type { IssuerJournal } from '../admission/token-office.ts'
import { createTurns } from '../turns.ts'
import { damaged, KeepingError } from './keeping-error.ts'
import { asKeeping, readPrivateFile, writePrivateFile } from './private-file.ts'
import { decodeTokenEntry } from './token-entry.ts'

/** Largest journal; about 150 000 lines. Beyond it nothing more is issued until holders leave. */
const MAX_JOURNAL_BYTES = 64 * 1024 * 1024
/** Lines up to which a journal is not worth rewriting. */
export const COMFORTABLE_LINES = 1000
/** Expired tokens are kept for so long: a clock that runs ahead for a while must not void those that are good. */
const KEEP_EXPIRED_MS = 24 * 60 * 60_000

/** What a journal stands on. */
export interface IssuerJournalParts {
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
}

/** The file as it was left by the last call that is known to have worked. */
interface Standing {
  readonly bytes: number
  readonly lines: number
  /** The journal is rewritten when it has so many. */
  readonly rewriteAt: number
}

/**
 * An issuer's journal in a file of lines with checksums; each line is durable before its `append` resolves. What a crash
 * or a full disk has left behind the last whole line is cut off. Lines that no longer matter are dropped when there are
 * twice as many as after the last time.
 *
 * `load` and `append` throw `KeepingError`: damaged - a line before the last is not what was written, or another program
 * writes the file; unusable.
 */
export function createIssuerJournal(path: string, parts: IssuerJournalParts): IssuerJournal {
  const inTurn = createTurns()
  /** Unknown before the first reading, and after a failure, which may have left half a line. */
  let standing: Standing | undefined
  /** What a failed write has left may look whole and not be on the disk: it is written anew. */
  let isSuspect = false

  const reopen = async () => {
    standing = undefined
    const { entries, text, isWhole } = await readJournal(path)
    if (!isWhole || isSuspect) await writePrivateFile(path, text)
    isSuspect = false
    const found = { bytes: Buffer.byteLength(text), lines: entries.length, rewriteAt: COMFORTABLE_LINES }
    standing = found
    return { entries, standing: found }
  }
  const compact = async (): Promise<Standing> => {
    const { entries } = await readJournal(path)
    const needed = compactEntries(ledgerOf(entries), parts.clock.now() - KEEP_EXPIRED_MS)
    const text = encodeAll(needed)
    await writePrivateFile(path, text)
    const rewriteAt = Math.max(COMFORTABLE_LINES, 2 * needed.length)
    return { bytes: Buffer.byteLength(text), lines: needed.length, rewriteAt }
  }
  const compactIfWorthwhile = async (known: Standing): Promise<Standing> => {
    if (known.lines < known.rewriteAt) return known
    try {
      return await compact()
    } catch (error) {
      if (error instanceof KeepingError && error.code === 'damaged') throw error
      parts.log.warn({ error, path }, 'The journal of join tokens cannot be made smaller; it goes on growing')
      return { ...(await reopen()).standing, rewriteAt: 2 * known.lines }
    }
  }
  const append = async (entry: TokenEntry) => {
    const known = await compactIfWorthwhile(standing ?? (await reopen()).standing)
    const line = Buffer.from(encodeLine(entry))
    standing = undefined
    isSuspect = true
    await asKeeping(path, 'written', () => appendSynced(path, line, known.bytes))
    isSuspect = false
    standing = { ...known, bytes: known.bytes + line.length, lines: known.lines + 1 }
  }

  return {
    load: () => inTurn(async () => (await reopen()).entries),
    append: (entry) => inTurn(() => append(entry)),
  }
}

interface ReadJournal {
  readonly entries: readonly TokenEntry[]
  /** What the file has to hold for them. */
  readonly text: string
  /** Whether it holds just that. */
  readonly isWhole: boolean
}

async function readJournal(path: string): Promise<ReadJournal> {
  const bytes = await readPrivateFile(path, MAX_JOURNAL_BYTES)
  const found = Buffer.from(bytes ?? []).toString('utf8')
  const { values, isDamaged } = decodeLines(found)
  const entries: TokenEntry[] = []
  for (const value of values) {
    const entry = decodeTokenEntry(value)
    if (entry === undefined) throw damagedJournal(path, 'a line is none of this version')
    entries.push(entry)
  }
  if (isDamaged) throw damagedJournal(path, 'a line is not what was written')
  const text = encodeAll(entries)
  return { entries, text, isWhole: bytes !== undefined && text === found }
}

function encodeAll(entries: readonly TokenEntry[]): string {
  return entries.map(encodeLine).join('')
}

async function appendSynced(path: string, line: Uint8Array, expectedBytes: number): Promise<void> {
  const file = await open(path, constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW)
  try {
    await assertLength(file, path, expectedBytes)
    if (expectedBytes + line.length > MAX_JOURNAL_BYTES) {
      throw new KeepingError('unusable', `${path} is full`, {
        hint: 'Drain members of this cluster that are not used.',
      })
    }
    await file.appendFile(line)
    await file.datasync()
  } finally {
    await file.close()
  }
}

async function assertLength(file: FileHandle, path: string, expectedBytes: number): Promise<void> {
  const { size } = await file.stat()
  if (size !== expectedBytes) throw damagedJournal(path, 'another program writes it')
}

function damagedJournal(path: string, problem: string): KeepingError {
  return damaged(
    path,
    problem,
    'Stop other programs that use it. Without the journal used join tokens would hold again: put it back from a backup, or remove it together with the machines that wait for their start.',
  )
}
