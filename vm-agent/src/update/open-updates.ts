import { join } from 'node:path'
import type { Fetch } from '@muster/contexts/api/requester.ts'
import type { Clock } from '@muster/runtime/clock.ts'
import { isoTime } from '@muster/runtime/iso-time.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { Random } from '@muster/runtime/random.ts'
import type { Service } from '@muster/runtime/service.ts'
import { runtimeDirectory } from '../directory/runtime-directory.ts'
import { AGENT_VERSION } from '../facts/agent-version.ts'
import { createHttpSource } from './http-source.ts'
import { type FailedVersion, type Ledger, loadLedger, saveLedger, type TrialRecord, withFailed } from './ledger.ts'
import type { CheckEnd, UpdateState } from './next.ts'
import { createUpdatePerformer, type Occupation } from './perform-update.ts'
import { lastFailed, noticeOf, recoverUpdates } from './recover.ts'
import type { ReleaseSource } from './release-source.ts'
import { UpdateError } from './update-error.ts'
import { createUpdateService } from './update-service.ts'
import { heldBecause, type UpdateSettings } from './update-settings.ts'
import { createVersionStore, type VersionStore } from './version-store.ts'

/** What updates of a running agent stand on. */
export interface OpenUpdatesDeps {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly fetch: Fetch
}

/** The agent that runs, as updates see it. */
export interface OpenUpdatesOptions {
  readonly root: string
  readonly stateDir: string
  readonly coordinatorUrl: string
  readonly updates: UpdateSettings
  /** Folder that the launcher has started this agent from; undefined: it was not the launcher. */
  readonly runs: string | undefined
}

/** The running agent, asked for what decides on a new start. */
export interface UpdateSurroundings {
  readonly occupation: Occupation
  readonly reached: () => TrialRecord['reached']
  readonly restart: () => void
}

/** Updates of a running agent. */
export interface Updates {
  /** For the console: what became of a version that was tried. */
  readonly notices: readonly string[]
  service(surroundings: UpdateSurroundings): Service
}

/**
 * Settles what an update has left behind, and goes on from there. Called before anything else begins, so that a version
 * on trial is known as such.
 *
 * @throws {AgentError} state-unusable
 */
export async function openUpdates(deps: OpenUpdatesDeps, options: OpenUpdatesOptions): Promise<Updates> {
  const { clock, log } = deps
  const { stateDir, root, updates, runs } = options
  const store = createVersionStore(stateDir)
  const settled = await settle({ clock, log, store, stateDir }, runs)
  const runtime = await runtimeDirectory(root)
  const source = sourceFor(deps, options)
  const facts = { running: AGENT_VERSION, runs: runs ?? 'checkout', channel: updates.channel }
  return {
    notices: settled.notices,
    service(surroundings) {
      const held = () => (runs === undefined ? NO_LAUNCHER : heldBecause(updates, clock.now()))
      const platform = { os: process.platform, arch: process.arch }
      const judge = { running: AGENT_VERSION, runs, platform }
      const performer = createUpdatePerformer(
        { clock, store, source, ...surroundings },
        { root, stateDir, channel: updates.channel, judge, held },
        settled.ledger,
      )
      const isPeriodic = updates.mode !== 'off' && source !== undefined && runs !== undefined
      const start = settled.state
      const { trialMs } = updates
      const serviceOptions = { stateDir, runtimeDirectory: runtime, start, trialMs, isPeriodic, facts }
      return createUpdateService({ ...deps, performer, reached: surroundings.reached }, serviceOptions)
    },
  }
}

const NO_LAUNCHER = 'this agent was not started by its service, which alone can start another version'

/** Where releases come from, as configured; undefined: nowhere. */
export function sourceFor(
  { clock, fetch }: Pick<OpenUpdatesDeps, 'clock' | 'fetch'>,
  { coordinatorUrl, updates }: Pick<OpenUpdatesOptions, 'coordinatorUrl' | 'updates'>,
): ReleaseSource | undefined {
  const url = updates.url ?? (coordinatorUrl === '' ? undefined : `${coordinatorUrl}/dist`)
  return url === undefined ? undefined : createHttpSource({ clock, fetch }, url)
}

interface SettleDeps {
  readonly clock: Clock
  readonly log: Log
  readonly store: VersionStore
  readonly stateDir: string
}

interface Settled {
  readonly ledger: Ledger
  readonly state: UpdateState
  readonly notices: readonly string[]
}

/** Exported for tests that stop it at each step. A disk that does not take it must not keep the agent from running. */
export async function settle(deps: SettleDeps, runs: string | undefined): Promise<Settled> {
  const { clock, log, store, stateDir } = deps
  let ledger = await loadLedger(stateDir)
  const idle: UpdateState = { phase: 'idle', last: undefined }
  if (runs === undefined) return { ledger, state: idle, notices: [] }
  const found = { runs, version: AGENT_VERSION, pointers: await store.pointers(), ledger }
  const recovery = recoverUpdates(found)
  const { failed, trial } = recovery
  if (failed !== undefined) {
    const { version, sha256 } = failed.trial
    const at = isoTime(clock.now())
    ledger = withFailed(ledger, { version, sha256, reason: failed.reason, why: failed.why, at })
  } else if (recovery.isRecordStale) ledger = { ...ledger, trial: undefined }
  try {
    // What is remembered first: who forgets that a version failed would try it again.
    if (ledger !== found.ledger) await saveLedger(stateDir, ledger)
    if (recovery.endTrial) await store.endTrial()
    if (failed?.reason === 'crashed') await removeUnused(store)
    if (recovery.forgetCurrent) await store.forgetCurrent()
  } catch (error) {
    if (!(error instanceof UpdateError) && !isAgentError(error)) throw error
    log.warn({ error, path: join(stateDir, 'versions') }, 'what an update has left cannot be cleared')
  }
  const last = lastFailed(ledger, AGENT_VERSION)
  const notice = recovery.notice ?? (last && noticeOf(last, AGENT_VERSION))
  if (notice !== undefined) log.warn({ runs }, notice)
  const state: UpdateState =
    trial === undefined ? { phase: 'idle', last: last && endOf(last) } : { phase: 'trial', trial }
  return { ledger, state, notices: notice === undefined ? [] : [notice] }
}

/** A version that is never tried again takes as much room as one that runs. */
async function removeUnused(store: VersionStore): Promise<void> {
  const { current, previous } = await store.pointers()
  const folders = [current, previous].filter((folder) => folder !== undefined)
  await store.tidy({ folders, download: undefined })
}

function endOf({ version, why }: FailedVersion): CheckEnd {
  return { end: 'refused', version, why }
}

function isAgentError(error: unknown): boolean {
  return error instanceof Error && error.name === 'AgentError'
}
