import type { Change } from '@muster/contexts/plan/change.ts'
import type { InstanceFacts } from '@muster/contexts/plan/facts.ts'
import type { PlaceholderSource } from '@muster/contexts/plan/placeholders.ts'
import type { Diagnostic } from '@muster/contexts/userdata/diagnostic.ts'
import type { ApplySummary, ContextReference } from '@muster/contexts/wire/machines.ts'
import type { Clock } from '@muster/runtime/clock.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { Random } from '@muster/runtime/random.ts'
import type { ApplyErrorCode } from './apply-error.ts'
import type { JournalStep } from './journal.ts'

/** What applying stands on; the entry file makes it once. */
export interface ApplyDeps {
  /** Absolute directory that is the machine: `/`, or a tree. */
  readonly root: string
  /** Where journal, lock and last report live; absolute, on this machine (not below `root` by meaning). */
  readonly stateDirectory: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly readFacts: (options: { readonly root: string; readonly signal?: AbortSignal }) => Promise<InstanceFacts>
  /** What the cluster of this machine tells. @default no cluster */
  readonly readPlaceholders?: () => Promise<PlaceholderSource>
  /** Search path for the tools of the distribution. @default the usual system directories */
  readonly path?: string
  /** Called around each step of the journal, before it and after it; the crash tests stop the process here. */
  readonly onJournalStep?: (step: JournalStep) => void
}

/** One step of the apply as people see it; `index` counts from 1. Never holds a secret. */
export interface ApplyProgress {
  readonly index: number
  readonly total: number
  /** `addressOf` of the resource; keys are shortened. */
  readonly address: string
  readonly phase: 'started' | 'done' | 'not-done' | 'failed'
  readonly message?: string
}

/** What to apply. */
export interface ApplyRequest {
  /** Plain text of the context, already decompressed. */
  readonly text: string
  readonly context: ContextReference
  /** Warnings are errors, and anything that cannot be done fails the apply. */
  readonly isStrict: boolean
  /** How long to wait for another apply to end. @default 0 */
  readonly waitSeconds?: number
  /** Run scripts and once-only commands again even if they ran for this context. @default false */
  readonly isForced?: boolean
  readonly onProgress?: (progress: ApplyProgress) => void
  /** Told once, when another process holds the lock and this one waits. */
  readonly onWait?: (holder: string) => void
  readonly signal?: AbortSignal
}

/** Something that a context asks for and this run could not do. */
export interface NotDone {
  readonly address: string
  readonly reason: string
  /** Whether running as root would help. */
  readonly needsRoot: boolean
}

/** Something that went otherwise than wished, although the apply went on. */
export interface ApplyWarning {
  readonly address: string
  /** `unit-missing`, `script-failed`, `command-failed`, `script-timeout`, `not-carried-over`, `kept`, … */
  readonly code: string
  readonly message: string
}

/** How one script or command ended. */
export interface ProgramRun {
  readonly address: string
  /** Exit code, or undefined when a signal or the time limit ended it. */
  readonly exitCode: number | undefined
  readonly isTimedOut: boolean
  readonly durationMs: number
  readonly outputLines: number
  /** File with the captured output, mode 0600. */
  readonly outputPath: string | undefined
}

/** What was found and done about an earlier apply that did not end. */
export interface Recovery {
  /** What did not end: the apply, or the rollback that was to take it back. */
  readonly of: 'apply' | 'rollback'
  /** `unknown` when the journal does not tell. */
  readonly contextDigest: string
  readonly contextName: string
  /** Epoch milliseconds; 0 when the journal does not tell. */
  readonly startedAt: number
  /** Files, and settings of the running system, that had been changed before it was cut off; the last perhaps in part. */
  readonly changesMade: number
  /** Whether everything it had changed was taken back. */
  readonly isComplete: boolean
  readonly problems: readonly string[]
}

/** The end of an apply. */
export interface ApplyReport {
  readonly context: ContextReference
  readonly summary: ApplySummary
  readonly diagnostics: readonly Diagnostic[]
  /** All steps of the plan, `none` included, in order, up to a failure. */
  readonly changes: readonly Change[]
  readonly notDone: readonly NotDone[]
  readonly warnings: readonly ApplyWarning[]
  readonly runs: readonly ProgramRun[]
  readonly recovery: Recovery | undefined
  /** What the cluster does not tell yet, in words; then only the section [muster] was applied. */
  readonly waitingFor: readonly string[]
  /** Why it failed, when it did. */
  readonly error: { readonly code: ApplyErrorCode; readonly message: string; readonly hint?: string } | undefined
  /** The report as lines for people, secrets masked. */
  readonly lines: readonly string[]
}

/** What an apply would do; nothing was written. */
export interface ApplyPreview {
  /** Undefined when the context has errors (or warnings, when strict). */
  readonly changes: readonly Change[] | undefined
  readonly diagnostics: readonly Diagnostic[]
  readonly notDone: readonly NotDone[]
  readonly warnings: readonly ApplyWarning[]
  /** As in `ApplyReport`. */
  readonly waitingFor: readonly string[]
}
