import { Secret } from '@muster/contexts/secret.ts'
import type { ApplySummary, ContextReference, MachineStatus } from '@muster/contexts/wire/machines.ts'
import type { MachineFacts } from '@muster/contexts/wire/pairings.ts'
import type { ActivityView, ConsoleBody, OutageView } from '../console/view.ts'
import { contextWords } from '../console/words.ts'
import type { Outage, PairedState, PairingState, Work } from './state.ts'

/** The PIN as the console has it now. */
export interface ShownPin {
  readonly pin: string
  readonly verificationUrl: string
  /** Monotonic ms. */
  readonly expiresAt: number
}

/** What is known besides the state of the pairing. */
export interface MachineActivity {
  readonly shown: ShownPin | undefined
  readonly context: ContextReference | undefined
  readonly lastApply: ApplySummary | undefined
  readonly progress: { readonly done: number; readonly total: number } | undefined
  /** Of the reports to the coordinator, while paired. */
  readonly reportOutage: Outage | undefined
}

/**
 * What the console is about.
 *
 * @param at - monotonic ms
 */
export function consoleBodyOf(state: PairingState, activity: MachineActivity, at: number): ConsoleBody {
  switch (state.phase) {
    case 'unpaired':
      return { kind: 'starting' }
    case 'requesting':
      return state.outage === undefined ? { kind: 'starting' } : { kind: 'offline', ...outageView(state.outage, at) }
    case 'offline':
      return { kind: 'offline', ...outageView(state.outage, at) }
    case 'pausing':
      return { kind: 'pausing', resumeInMs: Math.max(0, state.until - at) }
    case 'showing':
    case 'handshaking':
      return pinBody(state, activity, at)
    case 'completing':
      return { kind: 'completing', login: state.claimant.login, outage: optionalOutage(state.outage, at) }
    case 'paired':
      return {
        kind: 'paired',
        owner: state.machine.owner.login,
        context: activity.context,
        lastApply: activity.lastApply,
        activity: activityOf(state.work, activity),
        outage: optionalOutage(activity.reportOutage, at),
      }
    case 'forgotten':
      return { kind: 'forgotten', owner: state.machine.owner.login }
  }
}

function pinBody(
  state: Extract<PairingState, { phase: 'showing' | 'handshaking' }>,
  { shown }: MachineActivity,
  at: number,
): ConsoleBody {
  if (shown === undefined) return { kind: 'starting' }
  return {
    kind: 'pin',
    pin: new Secret(shown.pin),
    verificationUrl: shown.verificationUrl,
    expiresInMs: Math.max(0, shown.expiresAt - at),
    claimant: state.phase === 'handshaking' ? state.claimant.login : undefined,
    wrongTries: state.live.wrongTries,
    outage: optionalOutage(state.outage, at),
  }
}

function activityOf(work: Work, { progress }: MachineActivity): ActivityView {
  if (work.step === 'idle') return { step: 'idle' }
  const context = contextWords(work.proposal.context)
  if (work.step !== 'applying') return { step: work.step, context }
  return { step: 'applying', context, done: progress?.done ?? 0, total: progress?.total ?? 0 }
}

function outageView(outage: Outage, at: number): OutageView {
  const retryInMs = Number.isFinite(outage.retryAt) ? Math.max(0, outage.retryAt - at) : undefined
  return { trouble: outage.trouble, retryInMs }
}

function optionalOutage(outage: Outage | undefined, at: number): OutageView | undefined {
  return outage === undefined ? undefined : outageView(outage, at)
}

/** What a paired machine reports about itself. */
export function statusOf(state: PairedState, activity: MachineActivity, facts: MachineFacts): MachineStatus {
  const isApplying = state.work.step === 'applying'
  const { context, lastApply, progress } = activity
  return {
    state: isApplying ? 'applying' : restingState(lastApply),
    hostname: facts.hostname,
    addresses: facts.addresses,
    agentVersion: facts.agentVersion,
    ...(context === undefined ? {} : { context }),
    ...(lastApply === undefined ? {} : { lastApply }),
    ...(isApplying && progress !== undefined ? { progress } : {}),
  }
}

function restingState(lastApply: ApplySummary | undefined): MachineStatus['state'] {
  if (lastApply === undefined || lastApply.outcome === 'waiting') return 'paired'
  return lastApply.outcome === 'applied' || lastApply.outcome === 'unchanged' ? 'configured' : 'failed'
}
