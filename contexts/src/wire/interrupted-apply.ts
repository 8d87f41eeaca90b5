import type { ApplySummary } from './machines.ts'

/** Error code of an apply whose process ended in the middle: a power cut, a reset, `kill -9`. */
export const INTERRUPTED = 'interrupted'

/** What is known of an apply that was cut off, once the next start of the agent has dealt with it. */
export interface InterruptedApply {
  /** Files and settings that it had changed by then, the last perhaps in part; undefined: the agent is too old to tell. */
  readonly changesMade: number | undefined
  /** RFC 3339; undefined: the agent is too old to tell. */
  readonly startedAt: string | undefined
  /** RFC 3339. */
  readonly takenBackAt: string
  /** Whether the machine is as it was before the apply. */
  readonly isTakenBack: boolean
}

/** Undefined for an apply that came to its own end, good or bad. */
export function interruptedApply(summary: ApplySummary): InterruptedApply | undefined {
  const { errorCode, startedAt, changes, finishedAt, outcome } = summary
  if (errorCode !== INTERRUPTED) return undefined
  return {
    changesMade: startedAt === undefined ? undefined : changes,
    startedAt,
    takenBackAt: finishedAt,
    isTakenBack: outcome === 'rolled-back',
  }
}

/** How far it had come and what became of that, in two sentences without times. */
export function interruptedWords({ changesMade, isTakenBack }: InterruptedApply): string {
  return `It was cut off ${cutWords(changesMade)}, by a power cut, a reset or a killed process. ${endWords(changesMade, isTakenBack)}`
}

function cutWords(changesMade: number | undefined): string {
  if (changesMade === undefined) return 'in the middle'
  if (changesMade === 0) return 'before it had changed anything'
  if (changesMade === 1) return 'when it had changed one file or setting, perhaps in part'
  return `when it had changed ${changesMade} files and settings, the last perhaps in part`
}

function endWords(changesMade: number | undefined, isTakenBack: boolean): string {
  if (!isTakenBack)
    return 'Not all of that could be taken back at the next start: look at the machine before you use it.'
  if (changesMade === 0) return 'The machine is as it was.'
  return 'At the next start all of that was taken back: the machine is as it was.'
}
