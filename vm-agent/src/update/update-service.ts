import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '@muster/runtime/clock.ts'
import { isoTime } from '@muster/runtime/iso-time.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { Random } from '@muster/runtime/random.ts'
import type { Service } from '@muster/runtime/service.ts'
import { prepareRuntimeDirectory, writeRuntimeFile } from '../directory/runtime-directory.ts'
import { systemCode } from '../identity/agent-error.ts'
import type { TrialRecord } from './ledger.ts'
import { next, type UpdateEvent, type UpdateState } from './next.ts'
import type { UpdatePerformer } from './perform-update.ts'
import { UPDATE_FILE, type UpdateStatus, updateStatusOf, updateWords } from './update-file.ts'
import { takeUpdateRequest } from './update-request.ts'

/** Between two looks at the channel, by chance up to half more or less: a fleet must not start anew at once. */
export const CHECK_EVERY_MS = 6 * 3_600_000
/** How often it looks whether somebody asks, and on trial whether all is well. */
const LOOK_EVERY_MS = 1_000
/** A new version must stay up so long at least, or for a fifth of its time. */
const STEADY_MS = 15_000

/** What the service stands on. */
export interface UpdateServiceDeps {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly performer: UpdatePerformer
  /** What this version has reached by now. */
  readonly reached: () => TrialRecord['reached']
}

/** How it runs. */
export interface UpdateServiceOptions {
  readonly stateDir: string
  readonly runtimeDirectory: string
  /** `idle`, or `trial` for a version that has to show that it works. */
  readonly start: UpdateState
  readonly trialMs: number
  /** False: it looks only when somebody asks. */
  readonly isPeriodic: boolean
  readonly facts: Pick<UpdateStatus, 'running' | 'runs' | 'channel'>
}

/**
 * Keeps the agent up to date. Last of the services but the one that tells systemd: when it runs, all others are ready.
 */
export function createUpdateService(deps: UpdateServiceDeps, options: UpdateServiceOptions): Service {
  const { clock, random, log, performer } = deps
  const { stateDir, isPeriodic } = options
  const status = createStatusFile(deps, options)
  let state = options.start

  async function handle(event: UpdateEvent, signal: AbortSignal): Promise<void> {
    const events = [event]
    for (let one = events.shift(); one !== undefined; one = events.shift()) {
      const step = next(state, one)
      if (step.state !== state) enter(step.state)
      for (const effect of step.effects) {
        const answer = await performer.perform(effect, signal)
        if (answer !== undefined) events.push(answer)
      }
    }
  }

  function enter(entered: UpdateState): void {
    state = entered
    const isChecked = entered.phase === 'idle'
    status.write(state, isChecked ? isoTime(clock.now()) : undefined)
    log[levelOf(entered)]({ phase: entered.phase }, `update: ${updateWords(entered)}`)
  }

  /** Until the version on trial has been confirmed, or has had its time. */
  async function passTrial(trial: TrialRecord, signal: AbortSignal): Promise<void> {
    const start = clock.monotonic()
    const steadyMs = Math.min(STEADY_MS, options.trialMs / 5)
    while (state.phase === 'trial') {
      await clock.sleep(LOOK_EVERY_MS, signal)
      const missing = missingOf(trial, deps.reached())
      const upMs = clock.monotonic() - start
      if (missing === undefined && upMs >= steadyMs) await handle({ type: 'healthy' }, signal)
      else if (missing !== undefined && upMs >= options.trialMs) await handle({ type: 'late', missing }, signal)
    }
  }

  /** Until it is time for a look, or somebody asks for one. */
  async function due(waitMs: number, signal: AbortSignal): Promise<void> {
    const start = clock.monotonic()
    for (;;) {
      const asked = await takeUpdateRequest(stateDir)
      if (asked !== undefined) {
        status.answer(asked)
        return
      }
      if (isPeriodic && clock.monotonic() - start >= waitMs) return
      await clock.sleep(LOOK_EVERY_MS, signal)
    }
  }

  async function run(signal: AbortSignal): Promise<void> {
    status.write(state, undefined)
    if (state.phase === 'trial') await passTrial(state.trial, signal)
    // Machines that began together look at different times from the first time on.
    let waitMs = CHECK_EVERY_MS * random.fraction()
    while (state.phase === 'idle') {
      await due(waitMs, signal)
      await handle({ type: 'due' }, signal)
      waitMs = CHECK_EVERY_MS * (0.5 + random.fraction())
    }
    // Whoever was asked to start this process again ends it.
    await new Promise((_, reject) => {
      if (signal.aborted) reject(signal.reason)
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
  }

  return {
    name: 'updates',
    async run({ signal, ready }) {
      ready()
      try {
        await run(signal)
      } catch (error) {
        if (!signal.aborted) throw error
      } finally {
        status.remove()
      }
    },
  }
}

/** Machines that are not to update themselves, or whose coordinator has no releases, do not say so four times a day. */
const QUIET: ReadonlySet<string> = new Set(['no-keys', 'no-source', 'no-channel'])

function levelOf(state: UpdateState): 'debug' | 'info' | 'warn' {
  if (state.phase === 'checking') return 'debug'
  if (state.phase === 'taking-back') return 'warn'
  if (state.phase !== 'idle' || state.last === undefined) return 'info'
  const { last } = state
  if (last.end === 'current' || (last.end === 'failed' && QUIET.has(last.code))) return 'debug'
  return last.end === 'offered' ? 'info' : 'warn'
}

/** What the version before could reach and this one has not, in words. */
function missingOf(trial: TrialRecord, reached: TrialRecord['reached']): string | undefined {
  const missing = [
    trial.reached.coordinator && !reached.coordinator ? 'the coordinator' : undefined,
    trial.reached.mesh && !reached.mesh ? 'its cluster' : undefined,
  ].filter((one) => one !== undefined)
  return missing.length === 0 ? undefined : missing.join(' and ')
}

/** The file for `muster-agent status`; what cannot be written there is told once. */
function createStatusFile({ log }: UpdateServiceDeps, { runtimeDirectory, facts }: UpdateServiceOptions) {
  const path = join(runtimeDirectory, UPDATE_FILE)
  let checkedAt: string | null = null
  let asked: string | null = null
  let answered: string | null = null
  let isTold = false
  return {
    answer(id: string) {
      asked = id
    },
    write(state: UpdateState, checked: string | undefined) {
      checkedAt = checked ?? checkedAt
      if (checked !== undefined) answered = asked
      const text = JSON.stringify(updateStatusOf(state, { ...facts, pid: process.pid, checkedAt, answered }))
      try {
        prepareRuntimeDirectory(runtimeDirectory)
        writeRuntimeFile(path, `${text}\n`)
      } catch (error) {
        if (systemCode(error) === undefined) throw error
        if (!isTold) log.warn({ error, path }, 'the file for muster-agent update cannot be written')
        isTold = true
      }
    },
    remove() {
      rmSync(path, { force: true })
    },
  }
}
