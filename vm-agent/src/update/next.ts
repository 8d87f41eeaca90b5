import type { Release, ReleaseFile } from '@muster/contexts/release/release.ts'
import type { Verdict } from './judge-release.ts'
import type { TrialRecord } from './ledger.ts'

/** A release that is to be installed. */
export interface Offer {
  readonly release: Release
  readonly file: ReleaseFile
  readonly folder: string
}

/** How a check has ended; `hint` is the next step. */
export type CheckEnd =
  | { readonly end: 'current'; readonly version: string }
  | { readonly end: 'offered'; readonly version: string; readonly why: string }
  | { readonly end: 'refused'; readonly version: string; readonly why: string }
  | { readonly end: 'failed'; readonly code: string; readonly why: string; readonly hint: string | undefined }

/** Where a running agent stands with updates. */
export type UpdateState =
  | { readonly phase: 'idle'; readonly last: CheckEnd | undefined }
  | { readonly phase: 'checking' }
  | { readonly phase: 'fetching' | 'testing' | 'waiting' | 'beginning'; readonly offer: Offer }
  | { readonly phase: 'restarting'; readonly version: string }
  | { readonly phase: 'trial' | 'confirming'; readonly trial: TrialRecord }
  | { readonly phase: 'taking-back'; readonly trial: TrialRecord; readonly why: string }

/** What happens. */
export type UpdateEvent =
  /** Time for a look, or somebody wants one. */
  | { readonly type: 'due' }
  /** @param held - why nothing may be installed now */
  | { readonly type: 'judged'; readonly verdict: Verdict; readonly folder: string; readonly held: string | undefined }
  | { readonly type: 'fetched' | 'works' | 'free' | 'begun' | 'confirmed' | 'taken-back' }
  /** The new version says that it cannot work here. */
  | { readonly type: 'broken'; readonly why: string }
  | { readonly type: 'failed'; readonly code: string; readonly message: string; readonly hint: string | undefined }
  /** On trial: it can do what the one before could, or it has had its time. */
  | { readonly type: 'healthy' }
  | { readonly type: 'late'; readonly missing: string }

/** What is to be done; each ends with an event, but for `restart`. */
export type UpdateEffect =
  | { readonly type: 'check' | 'restart' }
  | { readonly type: 'fetch' | 'test' | 'wait-until-free' | 'begin'; readonly offer: Offer }
  | { readonly type: 'remember-broken'; readonly offer: Offer; readonly why: string }
  | { readonly type: 'confirm'; readonly trial: TrialRecord }
  | { readonly type: 'take-back'; readonly trial: TrialRecord; readonly why: string }

/** A state with what is to be done. */
export interface UpdateStep {
  readonly state: UpdateState
  readonly effects: readonly UpdateEffect[]
}

/**
 * One step of an update:
 *
 *     idle → checking → fetching → testing → waiting → beginning → restarting   (the old version)
 *     trial → confirming → idle      trial → taking-back → restarting           (the new one)
 *
 * Whatever fails leads back to idle with the reason; events that do not belong to a state change nothing.
 */
export function next(state: UpdateState, event: UpdateEvent): UpdateStep {
  if (event.type === 'failed') return afterFailure(state, event)
  switch (state.phase) {
    case 'idle':
      return event.type === 'due' ? { state: { phase: 'checking' }, effects: [{ type: 'check' }] } : stay(state)
    case 'checking':
      return event.type === 'judged' ? afterVerdict(event) : stay(state)
    case 'fetching':
      return event.type === 'fetched' ? go('testing', 'test', state.offer) : stay(state)
    case 'testing':
      if (event.type === 'works') return go('waiting', 'wait-until-free', state.offer)
      return event.type === 'broken' ? afterBroken(state.offer, event.why) : stay(state)
    case 'waiting':
      return event.type === 'free' ? go('beginning', 'begin', state.offer) : stay(state)
    case 'beginning':
      return event.type === 'begun' ? restart(state.offer.release.version) : stay(state)
    case 'trial':
    case 'confirming':
      return duringTrial(state, event)
    case 'taking-back':
      return event.type === 'taken-back' ? restart(state.trial.version) : stay(state)
    case 'restarting':
      return stay(state)
  }
}

function afterVerdict({ verdict, folder, held }: Extract<UpdateEvent, { type: 'judged' }>): UpdateStep {
  const { version } = verdict.release
  switch (verdict.verdict) {
    case 'current':
      return rest({ end: 'current', version })
    case 'refused':
      return rest({ end: 'refused', version, why: verdict.why })
    case 'newer':
      if (held !== undefined) return rest({ end: 'offered', version, why: held })
      return go('fetching', 'fetch', { release: verdict.release, file: verdict.file, folder })
  }
}

function afterBroken(offer: Offer, why: string): UpdateStep {
  const end = { end: 'refused', version: offer.release.version, why } as const
  return { state: { phase: 'idle', last: end }, effects: [{ type: 'remember-broken', offer, why }] }
}

function duringTrial(state: Extract<UpdateState, { phase: 'trial' | 'confirming' }>, event: UpdateEvent): UpdateStep {
  const { phase, trial } = state
  if (phase === 'confirming') {
    return event.type === 'confirmed' ? rest({ end: 'current', version: trial.version }) : stay(state)
  }
  if (event.type === 'healthy') return { state: { phase: 'confirming', trial }, effects: [{ type: 'confirm', trial }] }
  if (event.type !== 'late') return stay(state)
  const why = `it did not reach ${event.missing}, which the version before did`
  return { state: { phase: 'taking-back', trial, why }, effects: [{ type: 'take-back', trial, why }] }
}

/** What cannot be written down is tried again by the next start: the launcher counts, whatever happens here. */
function afterFailure(state: UpdateState, event: Extract<UpdateEvent, { type: 'failed' }>): UpdateStep {
  switch (state.phase) {
    case 'confirming':
      return { state: { phase: 'trial', trial: state.trial }, effects: [] }
    case 'taking-back':
      return restart(state.trial.version)
    case 'trial':
    case 'restarting':
      return stay(state)
    default:
      return rest({ end: 'failed', code: event.code, why: event.message, hint: event.hint })
  }
}

function go(
  phase: 'fetching' | 'testing' | 'waiting' | 'beginning',
  type: 'fetch' | 'test' | 'wait-until-free' | 'begin',
  offer: Offer,
): UpdateStep {
  return { state: { phase, offer }, effects: [{ type, offer }] }
}

function restart(version: string): UpdateStep {
  return { state: { phase: 'restarting', version }, effects: [{ type: 'restart' }] }
}

function rest(last: CheckEnd): UpdateStep {
  return { state: { phase: 'idle', last }, effects: [] }
}

function stay(state: UpdateState): UpdateStep {
  return { state, effects: [] }
}
