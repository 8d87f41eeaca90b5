import { CodedError } from '@muster/contexts/fault.ts'
import type { Clock } from '@muster/runtime/clock.ts'
import { isoTime } from '@muster/runtime/iso-time.ts'
import { download } from './download.ts'
import { folderOf, type JudgeFacts } from './judge-release.ts'
import { type Ledger, saveLedger, type TrialRecord, withFailed } from './ledger.ts'
import type { Offer, UpdateEffect, UpdateEvent } from './next.ts'
import type { ReleaseSource } from './release-source.ts'
import { selfCheck } from './self-check.ts'
import { UpdateError } from './update-error.ts'
import type { VersionStore } from './version-store.ts'

/** Whether the machine does something that a new start would break off: what it is, in words. */
export type Occupation = () => Promise<string | undefined>

/** What updates stand on. */
export interface UpdateDeps {
  readonly clock: Clock
  readonly store: VersionStore
  /** Undefined: nothing to update from is configured. */
  readonly source: ReleaseSource | undefined
  readonly occupation: Occupation
  /** What this version has reached by now. */
  readonly reached: () => TrialRecord['reached']
  /** Ends this process, to be started again. */
  readonly restart: () => void
  readonly selfCheck?: typeof selfCheck
  readonly freeBytes?: (path: string) => Promise<number>
}

/** What this agent is. */
export interface UpdateFacts {
  readonly root: string
  readonly stateDir: string
  readonly channel: string
  readonly judge: Omit<JudgeFacts, 'seen' | 'failed' | 'now'>
  /** Why nothing may be installed at this time. */
  readonly held: () => string | undefined
}

/** Does what the machine of states asks for. */
export interface UpdatePerformer {
  /** Resolves with what came of it; rejects only when the signal aborts, and for bugs. */
  perform(effect: UpdateEffect, signal: AbortSignal): Promise<UpdateEvent | undefined>
}

/** Between two looks whether the machine is busy. */
const LOOK_EVERY_MS = 1_000

export function createUpdatePerformer(deps: UpdateDeps, facts: UpdateFacts, start: Ledger): UpdatePerformer {
  const { clock, store } = deps
  const { stateDir } = facts
  let ledger = start

  async function save(changed: Ledger): Promise<void> {
    if (changed === ledger) return
    await saveLedger(stateDir, changed)
    ledger = changed
  }

  async function check(signal: AbortSignal): Promise<UpdateEvent> {
    const { channel, root, judge } = facts
    const judgeFacts = { ...judge, now: clock.now() }
    const source = sourceOf(deps)
    // Loaded at the first need: signatures bring a library with them that a waiting agent does without.
    const { checkChannel } = await import('./check-channel.ts')
    const { verdict, ledger: after } = await checkChannel({ source, channel, root, facts: judgeFacts, ledger, signal })
    await save(after)
    const folder = verdict.verdict === 'newer' ? folderOf(verdict.release, verdict.file) : ''
    return { type: 'judged', verdict, folder, held: facts.held() }
  }

  async function fetchFile({ file, folder }: Offer, signal: AbortSignal): Promise<UpdateEvent> {
    await tidy([folder], file.sha256)
    if (await store.isInstalled(folder)) return { type: 'fetched' }
    const { freeBytes } = deps
    const downloadDeps = { source: sourceOf(deps), ...(freeBytes === undefined ? {} : { freeBytes }) }
    await download(downloadDeps, file, { path: store.downloadOf(file.sha256), signal })
    await store.install(file.sha256, folder)
    return { type: 'fetched' }
  }

  async function test({ release, folder }: Offer, signal: AbortSignal): Promise<UpdateEvent> {
    const { root } = facts
    const look = { program: store.programOf(folder), version: release.version, root, stateDir, signal }
    const why = await (deps.selfCheck ?? selfCheck)(clock, look)
    return why === undefined ? { type: 'works' } : { type: 'broken', why }
  }

  async function begin({ release, file, folder }: Offer): Promise<UpdateEvent> {
    const trial = { version: release.version, sha256: file.sha256, folder, reached: deps.reached() }
    // First what the new version is measured by, then the word to the launcher.
    await save({ ...ledger, trial })
    await store.beginTrial(folder)
    return { type: 'begun' }
  }

  async function waitUntilFree(signal: AbortSignal): Promise<UpdateEvent> {
    while ((await deps.occupation()) !== undefined) await clock.sleep(LOOK_EVERY_MS, signal)
    return { type: 'free' }
  }

  async function confirm({ folder }: TrialRecord): Promise<UpdateEvent> {
    await store.confirm(folder)
    await save({ ...ledger, trial: undefined, failed: ledger.failed.filter(({ sha256 }) => !isOf(sha256, folder)) })
    await tidy([], undefined)
    return { type: 'confirmed' }
  }

  async function takeBack({ version, sha256 }: TrialRecord, why: string): Promise<UpdateEvent> {
    // In this order: interrupted, it is the old version that runs next. That it then forgets why costs one more try.
    await store.endTrial()
    await save(withFailed(ledger, { version, sha256, reason: 'unreached', why, at: timeOf(clock) }))
    return { type: 'taken-back' }
  }

  /** Keeps what the launcher may start, and what is on its way. */
  async function tidy(folders: readonly string[], download: string | undefined): Promise<void> {
    const { current, previous, trial } = await store.pointers()
    const kept = [current, previous, trial?.folder, ...folders].filter((folder) => folder !== undefined)
    await store.tidy({ folders: kept, download })
  }

  async function act(effect: UpdateEffect, signal: AbortSignal): Promise<UpdateEvent | undefined> {
    switch (effect.type) {
      case 'check':
        return check(signal)
      case 'fetch':
        return fetchFile(effect.offer, signal)
      case 'test':
        return test(effect.offer, signal)
      case 'wait-until-free':
        return waitUntilFree(signal)
      case 'begin':
        return begin(effect.offer)
      case 'confirm':
        return confirm(effect.trial)
      case 'take-back':
        return takeBack(effect.trial, effect.why)
      case 'remember-broken': {
        const { release, file } = effect.offer
        const failed = { version: release.version, sha256: file.sha256, reason: 'self-check' as const, why: effect.why }
        await save(withFailed(ledger, { ...failed, at: timeOf(clock) }))
        await tidy([], undefined)
        return undefined
      }
      case 'restart':
        deps.restart()
        return undefined
    }
  }

  return {
    async perform(effect, signal) {
      try {
        return await act(effect, signal)
      } catch (error) {
        signal.throwIfAborted()
        if (!(error instanceof CodedError)) throw error
        return { type: 'failed', code: String(error.code), message: error.message, hint: error.hint }
      }
    },
  }
}

/** @throws {UpdateError} no-source */
function sourceOf({ source }: Pick<UpdateDeps, 'source'>): ReleaseSource {
  if (source !== undefined) return source
  throw new UpdateError('no-source', 'nothing to update from is configured', {
    hint: 'Set coordinator or update_url in /etc/muster/agent.conf.',
  })
}

function isOf(sha256: string, folder: string): boolean {
  return folder.endsWith(`-${sha256.slice(0, 12)}`)
}

function timeOf(clock: Clock): string {
  return isoTime(clock.now())
}
