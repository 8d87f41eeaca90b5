import { randomBytes } from 'node:crypto'
import { closeSync, ftruncateSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { ApplyError, fileFault, systemCodeOf } from './apply-error.ts'
import { syncContent, syncPath } from './durable.ts'
import { decodeLog, encodeRecord, type JournalRecord } from './journal-record.ts'

/**
 * A moment of the journal, for tests that stop the process there: `before` or `after` writing a record, changing the
 * machine or closing the transaction.
 */
export interface JournalStep {
  readonly when: 'before' | 'after'
  readonly what: 'begin' | 'intent' | 'change' | 'effect' | 'done' | 'commit' | 'undo' | 'rollback' | 'remove'
}

/** Told around each step. */
export type OnJournalStep = (step: JournalStep) => void

/** A transaction as found on disk. */
export interface StoredTransaction {
  readonly directory: string
  readonly records: readonly JournalRecord[]
  /**
   * `committed` the last apply that changed something · `open` it did not end, or its rollback did not: whatever it
   * changed must be taken back
   */
  readonly state: 'open' | 'committed'
  /** A record in the middle cannot be read. */
  readonly isDamaged: boolean
}

/** The log of a transaction that is being written. */
export interface TransactionLog {
  readonly directory: string
  /** Appends records; with `isDurable` they are on disk when this resolves. */
  append(records: readonly JournalRecord[], isDurable: boolean): Promise<void>
  /** May be called again. */
  close(): Promise<void>
}

const TRASH = 'trash-'
const NAME = /^t(\d{8})$/

/** The undo logs below a state directory: at most one committed and, after a crash, one open transaction. */
export interface Journal {
  /** Oldest first. Reads only. */
  list(): Promise<readonly StoredTransaction[]>
  begin(): Promise<TransactionLog>
  /** Opens the log of a stored transaction to append to it. */
  reopen(directory: string): Promise<TransactionLog>
  /** Takes a transaction away, at once for readers. */
  remove(directory: string): Promise<void>
  /** Puts a transaction that could not be taken back out of the way, for somebody to look at. @returns its new place */
  setAside(directory: string): Promise<string>
  /** Deletes what a crash has left of removed transactions. */
  clearTrash(): Promise<void>
}

/** The journal below `stateDirectory`; directories are made 0700, files 0600, when first needed. */
export function createJournal(stateDirectory: string): Journal {
  const base = join(stateDirectory, 'journal')
  return {
    async list() {
      const names = (await namesIn(base)).filter((name) => NAME.test(name)).sort()
      return Promise.all(names.map((name) => readTransaction(join(base, name))))
    },
    async begin() {
      const numbers = (await namesIn(base)).map((name) => Number(NAME.exec(name)?.[1] ?? 0))
      const name = `t${String(Math.max(0, ...numbers) + 1).padStart(8, '0')}`
      const directory = join(base, name)
      try {
        await mkdir(base, { recursive: true, mode: 0o700 })
        await mkdir(directory, { mode: 0o700 })
        const log = await openLog(directory, 'ax')
        await syncPath(base)
        return log
      } catch (error) {
        throw fileFault(error, directory, 'made')
      }
    },
    reopen: (directory) => openLog(directory, 'a'),
    async remove(directory) {
      const trash = join(base, `${TRASH}${randomBytes(6).toString('hex')}`)
      try {
        await rename(directory, trash)
        await syncPath(base)
        await rm(trash, { recursive: true, force: true })
      } catch (error) {
        throw fileFault(error, directory, 'removed')
      }
    },
    async setAside(directory) {
      const place = join(base, `kept-${basename(directory)}-${randomBytes(3).toString('hex')}`)
      try {
        await rename(directory, place)
        await syncPath(base)
        return place
      } catch (error) {
        throw fileFault(error, directory, 'put aside')
      }
    },
    async clearTrash() {
      for (const name of await namesIn(base)) {
        if (name.startsWith(TRASH)) await rm(join(base, name), { recursive: true, force: true })
      }
    },
  }
}

async function namesIn(path: string): Promise<readonly string[]> {
  try {
    return await readdir(path)
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return []
    throw fileFault(error, path, 'read')
  }
}

async function readTransaction(directory: string): Promise<StoredTransaction> {
  const { records, isDamaged } = decodeLog(await readLog(directory))
  const last = records.findLast((record) => record.type === 'commit' || record.type === 'rollback')
  return { directory, records, isDamaged, state: last?.type === 'commit' ? 'committed' : 'open' }
}

async function readLog(directory: string): Promise<string> {
  const path = join(directory, 'log')
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    // Stopped between making the directory and its log: nothing was changed.
    if (systemCodeOf(error) === 'ENOENT') return ''
    throw new ApplyError('journal-damaged', `${path} cannot be read`, {
      cause: error,
      hint: `Look at ${path}; without it the last apply cannot be taken back.`,
    })
  }
}

/** In place of a handle: its number may be that of another file by now. */
const CLOSED = -1

async function openLog(directory: string, flags: 'ax' | 'a'): Promise<TransactionLog> {
  const path = join(directory, 'log')
  let file = openSync(path, flags, 0o600)
  await syncPath(directory)
  let length = cutTornLine(file, path)
  return {
    directory,
    async append(records, isDurable) {
      const bytes = Buffer.from(records.map(encodeRecord).join(''))
      try {
        writeFileSync(file, bytes)
        if (isDurable) await syncContent(file)
        length += bytes.byteLength
      } catch (error) {
        // Half a record would make the next one unreadable. Where even this fails, the checksum tells.
        truncateIfPossible(file, length)
        throw fileFault(error, path, 'written')
      }
    },
    async close() {
      if (file !== CLOSED) closeSync(file)
      file = CLOSED
    },
  }
}

function truncateIfPossible(file: number, length: number): void {
  try {
    ftruncateSync(file, length)
  } catch {
    // The caller has the error that led here.
  }
}

/** Cuts what follows the last line end, and gives the length that is left. */
function cutTornLine(file: number, path: string): number {
  const bytes = readFileSync(path)
  const length = bytes.lastIndexOf(0x0a) + 1
  if (length < bytes.byteLength) ftruncateSync(file, length)
  return length
}
