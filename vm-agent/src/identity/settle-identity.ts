import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '@muster/runtime/clock.ts'
import { syncDirectory } from '@muster/runtime/durable-file.ts'
import type { Log } from '@muster/runtime/log.ts'
import { takeApplyLock } from '../apply/apply-lock.ts'
import { SYSTEM_PATH } from '../apply/system-environment.ts'
import { createTreeReader } from '../facts/small-file.ts'
import { AGENT_KEY_FILE } from './agent-key.ts'
import { type CloneNote, type IdentityRecord, isSameRecord, loadIdentity, saveIdentity } from './identity-record.ts'
import {
  type ChangedEvidence,
  judgeMachine,
  type MachineEvidence,
  mergeEvidence,
  readMachineEvidence,
} from './machine-evidence.ts'
import { PAIR_REQUEST_FILE } from './pair-request.ts'
import { PAIRING_RECORD_FILE } from './pairing-record.ts'
import { unusableState } from './state-file.ts'

/** What this stands on. */
export interface IdentityDeps {
  readonly clock: Clock
  readonly log: Log
  /** Called after each step of putting away; the crash tests stop the process here. */
  readonly onStep?: (step: string) => void
}

/** Of which machine, and where what it remembers is kept. */
export interface IdentityPlace {
  readonly root: string
  readonly stateDir: string
  readonly signal: AbortSignal
}

/**
 * What makes a machine the one that it is, or was done for it as that one; none of it is right on a copy. What was
 * applied to the disk (`journal`, `last-apply.json`) is as true of the copy, and stays.
 */
export const OF_ONE_MACHINE: readonly string[] = [
  PAIRING_RECORD_FILE,
  AGENT_KEY_FILE,
  PAIR_REQUEST_FILE,
  'mesh',
  // What follows a cluster that the copy is not in.
  'context.json',
  // What ran once for a context, and which user-data was applied: both once for each machine.
  'runs.json',
  'user-data.json',
]

/** Wait for an apply that a person runs by hand while the agent starts. */
const LOCK_WAIT_SECONDS = 30

const WORDS: Readonly<Record<ChangedEvidence, string>> = {
  'product-uuid': 'the UUID of its hardware',
  'instance-id': 'its instance id in the cloud',
  'machine-id': '/etc/machine-id',
}

/**
 * Sees at the start of the agent whether this is still the machine that it was. On a copy of another machine's disk,
 * all that made the original what it is goes for good, before anything of it is used; a copy must never act as the
 * original. Stopped in the middle, the next start finishes. Called with the run lock held, and after an apply that did
 * not end was taken back.
 *
 * @returns what a person should be told, in sentences
 * @throws {AgentError} state-damaged, state-unusable · {ApplyError} locked, not-permitted
 */
export async function settleIdentity(deps: IdentityDeps, place: IdentityPlace): Promise<readonly string[]> {
  const { stateDir } = place
  const now = await readMachineEvidence(createTreeReader(place.root, place.signal))
  const known = await loadIdentity(stateDir)
  if (known === undefined) {
    await saveIdentity(stateDir, { evidence: now, since: deps.clock.now(), clone: undefined })
    return []
  }
  if (known.clone?.isPutAway === false) return becomeOther(deps, place, { now, clone: known.clone })
  const { verdict, changed } = judgeMachine(known.evidence, now)
  if (verdict === 'clone') {
    const clone: CloneNote = { noticedAt: deps.clock.now(), changed, isPutAway: false }
    await saveIdentity(stateDir, { ...known, clone })
    deps.onStep?.('noticed')
    return becomeOther(deps, place, { now, clone })
  }
  const record: IdentityRecord = { ...known, evidence: mergeEvidence(known.evidence, now) }
  if (!isSameRecord(known, record)) await saveIdentity(stateDir, record)
  if (verdict === 'same') return []
  deps.log.warn({ changed }, 'evidence that proves nothing has changed; the machine counts as the same')
  return [weakWords(stateDir)]
}

/** Puts away what was the original's, whatever of it is still there, and remembers of which machine the rest is now. */
async function becomeOther(
  { clock, log, onStep }: IdentityDeps,
  { stateDir, signal }: IdentityPlace,
  { now, clone }: { readonly now: MachineEvidence; readonly clone: CloneNote },
): Promise<readonly string[]> {
  const lock = await takeApplyLock(stateDir, {
    waitSeconds: LOCK_WAIT_SECONDS,
    command: 'muster-agent run',
    now: clock.now(),
    path: SYSTEM_PATH,
    signal,
  })
  try {
    for (const name of OF_ONE_MACHINE) {
      await remove(join(stateDir, name))
      onStep?.(name)
    }
    await syncDirectory(stateDir)
  } finally {
    await lock.release()
  }
  await saveIdentity(stateDir, { evidence: now, since: clock.now(), clone: { ...clone, isPutAway: true } })
  onStep?.('done')
  log.warn({ changed: clone.changed }, 'this machine is a copy of another; keys and pairing of that one were removed')
  return [cloneWords(clone.changed)]
}

async function remove(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true })
  } catch (cause) {
    throw unusableState(path, 'removed', cause)
  }
}

/** Why a machine counts as a copy. */
export function cloneReason(changed: readonly ChangedEvidence[]): string {
  const strong = changed.filter((one) => one !== 'machine-id').map((one) => WORDS[one])
  return strong.length > 1 ? `${strong.join(' and ')} are others` : `${strong.join('')} is another`
}

function cloneWords(changed: readonly ChangedEvidence[]): string {
  return `This machine is a copy of another one: ${cloneReason(changed)}. Keys and pairing of the original were removed here; this one starts as a new machine.`
}

function weakWords(stateDir: string): string {
  return `/etc/machine-id is another than before, and nothing else tells whether this is a copy of another machine. If it is one, stop the agent and remove ${stateDir}.`
}
