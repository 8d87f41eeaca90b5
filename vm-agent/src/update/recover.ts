import { compareVersions, isVersion } from '@muster/contexts/release/version.ts'
import type { FailedVersion, Ledger, TrialRecord } from './ledger.ts'
import { type Pointers, TRIAL_STARTS } from './version-store.ts'

/** What a starting agent finds. */
export interface FoundUpdates {
  /** Folder that the launcher has started this agent from; `baked` for the version of the image. */
  readonly runs: string
  /** This program's own. */
  readonly version: string
  readonly pointers: Pointers
  readonly ledger: Ledger
}

/** What is to be done about it, in this order; `notice` is for people. */
export interface Recovery {
  /** This agent is on trial. */
  readonly trial: TrialRecord | undefined
  /** The version that was on trial and is taken back. */
  readonly failed:
    | { readonly trial: TrialRecord; readonly reason: 'crashed' | 'unreached'; readonly why: string }
    | undefined
  /** What the ledger says of a trial is over. */
  readonly isRecordStale: boolean
  readonly endTrial: boolean
  /** The confirmed version could not be started. */
  readonly forgetCurrent: boolean
  readonly notice: string | undefined
}

/** Folder that means the version of the image. */
export const BAKED = 'baked'

const NOTHING: Recovery = {
  trial: undefined,
  failed: undefined,
  isRecordStale: false,
  endTrial: false,
  forgetCurrent: false,
  notice: undefined,
}

/** Reads from what is on the disk how far an update had come, wherever it was interrupted. */
export function recoverUpdates(found: FoundUpdates): Recovery {
  const { runs, pointers, ledger } = found
  const { trial, current } = pointers
  if (trial !== undefined) return trial.folder === runs ? onTrial(found, trial.folder) : afterTrial(found, trial)
  // Confirmed and not written down any more, or written down and not begun any more.
  const isRecordStale = ledger.trial !== undefined
  if (current === undefined || current === runs) return { ...NOTHING, isRecordStale }
  const notice = `The confirmed version ${current} could not be started; this is ${found.version} (${runs}).`
  return { ...NOTHING, isRecordStale, forgetCurrent: true, notice }
}

function onTrial({ runs, version, pointers, ledger }: FoundUpdates, folder: string): Recovery {
  if (pointers.current === runs) return { ...NOTHING, isRecordStale: ledger.trial !== undefined, endTrial: true }
  const trial = ledger.trial?.folder === folder ? ledger.trial : trialOf(folder, version)
  return { ...NOTHING, trial }
}

function afterTrial(
  { ledger, version }: FoundUpdates,
  { folder, startsLeft }: NonNullable<Pointers['trial']>,
): Recovery {
  const trial = ledger.trial?.folder === folder ? ledger.trial : trialOf(folder, folder)
  const wasStarted = startsLeft < TRIAL_STARTS
  const why = wasStarted ? 'it did not stay up' : 'the launcher could not start it'
  const failed = { trial, reason: wasStarted ? ('crashed' as const) : ('unreached' as const), why }
  const notice = folder === '' ? undefined : noticeOf({ version: trial.version, ...failed }, version)
  // Written down already, and interrupted before the launcher was told.
  const isKnown = ledger.trial === undefined && ledger.failed.some(({ sha256 }) => sha256.startsWith(trial.sha256))
  const isToRemember = folder !== '' && !isKnown
  return { ...NOTHING, failed: isToRemember ? failed : undefined, isRecordStale: true, endTrial: true, notice }
}

/** Without a ledger nobody knows what the version before could reach; the folder tells the beginning of the sum. */
function trialOf(folder: string, version: string): TrialRecord {
  const reached = { coordinator: false, mesh: false }
  return { version, sha256: /-([0-9a-f]{12})$/.exec(folder)?.[1] ?? folder, folder, reached }
}

/** The version that was refused last, as long as nothing newer runs: people ask why the machine does not have it. */
export function lastFailed({ failed }: Ledger, running: string): FailedVersion | undefined {
  const last = failed.at(-1)
  if (last === undefined || !isVersion(running) || !isVersion(last.version)) return last
  return compareVersions(last.version, running) > 0 ? last : undefined
}

/** For the console; undefined for a version that was never started. */
export function noticeOf(
  { version, reason, why }: Pick<FailedVersion, 'version' | 'reason' | 'why'>,
  running: string,
): string | undefined {
  if (reason === 'self-check') return undefined
  return `Version ${version} was tried and taken back, as ${why}. This is ${running}.`
}
