import { digestText } from '@muster/contexts/context/digest.ts'
import type { Clock } from '@muster/runtime/clock.ts'
import { isoTime } from '@muster/runtime/iso-time.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { Service } from '@muster/runtime/service.ts'
import { ApplyError } from '../apply/apply-error.ts'
import type { ApplyGate } from '../apply/apply-gate.ts'
import type { ApplyDeps, ApplyReport } from '../apply/apply-report.ts'
import { createTreeReader } from '../facts/small-file.ts'
import { readInstanceName } from '../identity/machine-evidence.ts'
import { claimScript, type ScriptOwner } from './claim-script.ts'
import { findContext, type UserDataContext } from './find-context.ts'
import { readUserData } from './read-user-data.ts'
import { endingOf, failed, MAX_TRIES } from './user-data-ending.ts'
import { entryOf, readUserDataEntries, type UserDataEntry, writeUserDataEntry } from './user-data-record.ts'
import type { UserDataView } from './user-data-view.ts'

/** What applying user-data stands on. */
export interface UserDataDeps {
  readonly clock: Clock
  readonly log: Log
  /** Through which contexts are applied here, so that nobody plans again meanwhile. */
  readonly gate: ApplyGate
  readonly applyDeps: ApplyDeps
}

/** The user-data of the machine, while the agent runs. */
export interface UserData {
  readonly service: Service
  /** Undefined: there is nothing to tell of. */
  view(): UserDataView | undefined
  /** The view has changed. @returns stops */
  onChange(listener: () => void): () => void
  /** Told when an apply of this service has ended. @returns stops */
  onApplied(listener: (report: ApplyReport) => void): () => void
}

/** A context that is to be applied now. */
interface Job extends Pick<UserDataEntry, 'instance' | 'digest' | 'script' | 'tries'> {
  readonly text: string
}

/** As contexts are called that come with user-data. */
export const USER_DATA_NAME = 'user-data'
/** Wait for another apply, for example of the owner; as long as a script may take. */
const LOCK_WAIT_SECONDS = 600

/**
 * Applies the context in the user-data: once for each instance and context, at the start of the agent, beside all else.
 * Nothing that goes wrong with it ends the agent.
 */
export function createUserData(deps: UserDataDeps): UserData {
  const { log, applyDeps } = deps
  const listeners = { change: new Set<() => void>(), applied: new Set<(report: ApplyReport) => void>() }
  let view: UserDataView | undefined

  const show = (next: UserDataView | undefined) => {
    view = next
    for (const listener of listeners.change) listener()
  }

  /** What there is to do; the script is claimed by then. */
  async function prepare(signal: AbortSignal): Promise<Job | undefined> {
    const found = await readUserData(applyDeps.root)
    if (found.kind === 'none') return undefined
    if (found.kind === 'unreadable') {
      const { message, hint } = found
      log.warn({ problem: message }, 'the user-data cannot be used')
      show({ phase: 'failed', message, hint, isTriedAgain: false })
      return undefined
    }
    const context = findContext(found)
    if (context !== undefined) return jobFor(context, signal)
    log.info({ parts: found.texts.length }, 'there is nothing for the agent in the user-data')
    return undefined
  }

  async function jobFor(context: UserDataContext, signal: AbortSignal): Promise<Job | undefined> {
    const instance = (await readInstanceName(createTreeReader(applyDeps.root, signal))) ?? ''
    const key = { instance, digest: context.digest }
    const before = entryOf(await readUserDataEntries(applyDeps.stateDirectory), key)
    const script = await scriptOwner(context, before)
    if (before?.phase === 'failed') showFailure(before)
    else if (before !== undefined && before.phase === 'begun' && before.tries >= MAX_TRIES) await giveUp(before)
    else if (before?.phase !== 'applied')
      return { ...key, script, tries: (before?.tries ?? 0) + 1, text: textFor(context, script) }
    else log.info({ digest: context.digest }, 'the context of the user-data was applied before')
    return undefined
  }

  async function scriptOwner({ contested }: UserDataContext, before: UserDataEntry | undefined): Promise<ScriptOwner> {
    if (contested === undefined) return 'agent'
    const owner = await claimScript({ root: applyDeps.root, log }, contested, before?.script)
    if (owner === 'cloud-init')
      log.info({ owner }, 'cloud-init had begun to run the script of the user-data, and keeps it')
    return owner
  }

  async function apply({ text, ...entry }: Job, signal: AbortSignal): Promise<void> {
    const { stateDirectory } = applyDeps
    await writeUserDataEntry(stateDirectory, { ...entry, phase: 'begun', at: now(), problem: null })
    show({ phase: 'applying', done: 0, total: 0 })
    const { ending, report } = await tryApply(text, entry.tries, signal)
    const after: UserDataEntry = { ...entry, ...ending, at: now() }
    await writeUserDataEntry(stateDirectory, after)
    if (ending.phase === 'applied' && report !== undefined) show({ phase: 'applied', summary: report.summary })
    else showFailure(after)
    if (report !== undefined) for (const listener of listeners.applied) listener(report)
  }

  async function tryApply(text: string, tries: number, signal: AbortSignal) {
    const context = { name: USER_DATA_NAME, digest: digestText(text) }
    try {
      const report = await deps.gate.applyContext(applyDeps, {
        text,
        context,
        isStrict: false,
        waitSeconds: LOCK_WAIT_SECONDS,
        signal,
        onProgress: ({ index, total, phase }) =>
          show({ phase: 'applying', done: phase === 'started' ? index - 1 : index, total }),
      })
      return { report, ending: endingOf(report, tries) }
    } catch (error) {
      if (signal.aborted) throw error
      if (!(error instanceof ApplyError)) throw error
      return { report: undefined, ending: failed(error.code, error, tries) }
    }
  }

  async function giveUp(entry: UserDataEntry): Promise<void> {
    const problem = entry.problem ?? {
      message: `it did not end at ${MAX_TRIES} starts of this machine`,
      hint: 'It may itself restart the machine. Correct it, and apply it with muster-agent apply FILE.',
    }
    const after: UserDataEntry = { ...entry, phase: 'failed', at: now(), problem }
    await writeUserDataEntry(applyDeps.stateDirectory, after)
    showFailure(after)
  }

  function showFailure({ phase, problem, tries }: UserDataEntry): void {
    const { message, hint } = problem ?? { message: 'it did not end', hint: null }
    const isTriedAgain = phase === 'begun'
    log.warn({ problem: message, tries, isTriedAgain }, 'the context of the user-data could not be applied')
    show({ phase: 'failed', message, hint: hint ?? undefined, isTriedAgain })
  }

  function now(): string {
    return isoTime(deps.clock.now())
  }

  return {
    view: () => view,
    onChange: (listener) => listenTo(listeners.change, listener),
    onApplied: (listener) => listenTo(listeners.applied, listener),
    service: {
      name: 'user-data',
      async run({ signal, ready }) {
        try {
          const job = await prepare(signal)
          // Not before: systemd goes on with the boot then, and cloud-init comes to its scripts.
          ready()
          if (job !== undefined) await apply(job, signal)
        } catch (error) {
          if (signal.aborted) return
          if (!(error instanceof ApplyError)) throw error
          const { message, hint } = error
          log.warn({ code: error.code, error }, 'the user-data could not be used')
          show({ phase: 'failed', message, hint, isTriedAgain: true })
          ready()
        }
        await untilAborted(signal)
      },
    },
  }
}

/** The whole context, or what cloud-init leaves of it. */
function textFor(context: UserDataContext, script: ScriptOwner): string {
  return script === 'agent' ? context.text : (context.contested?.rest ?? '')
}

function listenTo<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
