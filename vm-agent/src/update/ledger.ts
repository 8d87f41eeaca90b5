import { join } from 'node:path'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { readStateFile, writeStateFile } from '../identity/state-file.ts'

/** Name of the file in the state directory that says what was seen and tried. */
export const LEDGER_FILE = 'update.json'
/** Failed versions that are remembered; the oldest is forgotten. */
const MAX_FAILED = 16

const Text = Type.String({ maxLength: 500 })
const Seen = Type.Object({ channel: Text, version: Text, publishedAt: Text })
const Failed = Type.Object({
  version: Text,
  sha256: Text,
  /** `crashed` it did not stay up · `self-check` it said that it cannot work here · `unreached` it ran and found nobody */
  reason: Type.Union([Type.Literal('crashed'), Type.Literal('self-check'), Type.Literal('unreached')]),
  /** For people. */
  why: Text,
  at: Text,
  tries: Type.Integer({ minimum: 1 }),
})
const Trial = Type.Object({
  version: Text,
  sha256: Text,
  folder: Text,
  /** What the version before could reach: the new one must be able to as well. */
  reached: Type.Object({ coordinator: Type.Boolean(), mesh: Type.Boolean() }),
})
const Stored = Type.Object({
  version: Type.Literal(1),
  seen: Type.Array(Seen, { maxItems: 64 }),
  failed: Type.Array(Failed, { maxItems: 64 }),
  trial: Type.Union([Trial, Type.Null()]),
})

/** The latest release that was seen on a channel. */
export type SeenRelease = Static<typeof Seen>
/** A version that was tried and taken back. */
export type FailedVersion = Static<typeof Failed>
/** A version that is on trial, or is about to be. */
export type TrialRecord = Static<typeof Trial>

/** What the agent remembers of updates, over restarts and versions. */
export interface Ledger {
  readonly seen: readonly SeenRelease[]
  readonly failed: readonly FailedVersion[]
  readonly trial: TrialRecord | undefined
}

export const EMPTY_LEDGER: Ledger = { seen: [], failed: [], trial: undefined }

/**
 * Reads the ledger. One that is damaged, or of a later version than this one understands, is none: an agent that went
 * back to this version must run; what it then forgets is which versions failed, and trying one again ends as before.
 *
 * @throws {AgentError} state-unusable
 */
export async function loadLedger(stateDir: string): Promise<Ledger> {
  const text = await readStateFile(join(stateDir, LEDGER_FILE))
  const stored = text === undefined ? undefined : parse(text)
  if (!Value.Check(Stored, stored)) return EMPTY_LEDGER
  return { seen: stored.seen, failed: stored.failed, trial: stored.trial ?? undefined }
}

/** @throws {AgentError} state-unusable */
export async function saveLedger(stateDir: string, { seen, failed, trial }: Ledger): Promise<void> {
  const stored: Static<typeof Stored> = { version: 1, seen: [...seen], failed: [...failed], trial: trial ?? null }
  await writeStateFile(join(stateDir, LEDGER_FILE), `${JSON.stringify(stored, undefined, 2)}\n`)
}

/** The ledger after a release was seen. */
export function withSeen(ledger: Ledger, seen: SeenRelease): Ledger {
  return {
    ...ledger,
    seen: [...ledger.seen.filter(({ channel }) => channel !== seen.channel), seen].slice(-MAX_FAILED),
  }
}

/** The ledger after a version was taken back, whatever was on trial is over. */
export function withFailed(ledger: Ledger, failed: Omit<FailedVersion, 'tries'>): Ledger {
  const before = ledger.failed.find(({ sha256 }) => sha256 === failed.sha256)
  const others = ledger.failed.filter(({ sha256 }) => sha256 !== failed.sha256)
  const tries = (before?.tries ?? 0) + 1
  const why = failed.why.slice(0, 500)
  return { ...ledger, failed: [...others, { ...failed, why, tries }].slice(-MAX_FAILED), trial: undefined }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
