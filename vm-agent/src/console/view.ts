import type { Secret } from '@muster/contexts/secret.ts'
import type { ApplySummary, ContextReference } from '@muster/contexts/wire/machines.ts'
import type { MachineFacts } from '@muster/contexts/wire/pairings.ts'
import type { MeshView } from '../mesh/mesh-view.ts'
import type { Trouble } from '../pairing/trouble.ts'
import type { UserDataView } from '../sources/user-data-view.ts'

/** An outage as a person sees it; `retryInMs` undefined while it is being tried. */
export interface OutageView {
  readonly trouble: Trouble
  readonly retryInMs: number | undefined
}

/** What the console is about; durations in milliseconds from now. */
export type ConsoleBody =
  | { readonly kind: 'starting' }
  | ({ readonly kind: 'offline' } & OutageView)
  | { readonly kind: 'pausing'; readonly resumeInMs: number }
  | {
      readonly kind: 'pin'
      /** `XXXX-XXXX`. */
      readonly pin: Secret
      /** Where to type it, without scheme when that is https. */
      readonly verificationUrl: string
      readonly expiresInMs: number
      /** Who is using it just now. */
      readonly claimant: string | undefined
      readonly wrongTries: number
      readonly outage: OutageView | undefined
    }
  | { readonly kind: 'completing'; readonly login: string; readonly outage: OutageView | undefined }
  | {
      readonly kind: 'paired'
      readonly owner: string
      readonly context: ContextReference | undefined
      readonly lastApply: ApplySummary | undefined
      readonly activity: ActivityView
      /** Of the reports to the coordinator. */
      readonly outage: OutageView | undefined
    }
  | { readonly kind: 'forgotten'; readonly owner: string }
  /** Of a cluster, or to be so, and without a coordinator that could pair it. */
  | { readonly kind: 'member' }
  /** With nothing but its user-data. */
  | { readonly kind: 'alone' }
  | { readonly kind: 'stopped'; readonly reason: string }

/** What a paired machine does. */
export type ActivityView =
  | { readonly step: 'idle' }
  | { readonly step: 'planning' | 'deciding'; readonly context: string }
  | { readonly step: 'applying'; readonly context: string; readonly done: number; readonly total: number }

/** What a console shows of the machine itself. */
export interface MachineView {
  readonly body: ConsoleBody
  readonly facts: MachineFacts
  /** Undefined: none is configured. */
  readonly coordinatorUrl: string | undefined
  /** Epoch ms, for the times of a log that is read later. */
  readonly now: number
  /** How far the wall clock here is behind (above 0) or ahead of the coordinator's, when that is known. */
  readonly clockSkewMs: number | undefined
  /** Things that a person should know, newest last; a few. */
  readonly notices: readonly string[]
}

/** All that a console shows. */
export interface ConsoleView extends MachineView {
  /** Undefined: the machine is in no cluster, and not to join one. */
  readonly cluster: MeshView | undefined
  /** What the context waits for, in words. */
  readonly waitingFor: readonly string[]
  /** Undefined: there is nothing to tell of. */
  readonly userData: UserDataView | undefined
}

/** Where a console can be drawn. */
export interface ConsoleSize {
  readonly columns: number
  readonly rows: number
  /** Whether block characters and other letters than ASCII can be shown. */
  readonly isUnicode: boolean
}
