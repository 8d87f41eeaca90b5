import { interruptedApply, interruptedWords } from '@muster/contexts/wire/interrupted-apply.ts'
import type { ApplySummary } from '@muster/contexts/wire/machines.ts'

/** How an apply ended, for people. */
export interface OutcomeWords {
  readonly title: string
  readonly text: string
  readonly color: 'teal' | 'yellow' | 'red'
}

const WORDS: Readonly<Record<ApplySummary['outcome'], OutcomeWords>> = {
  applied: { title: 'Applied', text: 'The machine is as the context says.', color: 'teal' },
  unchanged: { title: 'Nothing to change', text: 'The machine already was as the context says.', color: 'teal' },
  'rolled-back': {
    title: 'Failed and taken back',
    text: 'A step failed. What had been changed before was taken back; the machine is as it was.',
    color: 'red',
  },
  'rollback-failed': {
    title: 'Failed, and not all could be taken back',
    text: 'A step failed and some changes could not be taken back. Look at the machine before you use it.',
    color: 'red',
  },
  refused: { title: 'Refused', text: 'The machine did not accept the context. Nothing was changed.', color: 'red' },
  waiting: {
    title: 'Waiting for the cluster',
    text: 'Other machines of the cluster are not there yet. The machine applies the context by itself when they are.',
    color: 'yellow',
  },
}

/** Words for a summary; steps that were left out turn a success into a warning. */
export function describeOutcome(summary: ApplySummary): OutcomeWords {
  const interrupted = interruptedApply(summary)
  if (interrupted !== undefined) {
    const title = interrupted.isTakenBack ? 'Cut off and taken back' : 'Cut off, and not all could be taken back'
    return { title, text: interruptedWords(interrupted), color: 'red' }
  }
  const words = WORDS[summary.outcome]
  if (words.color !== 'teal' || summary.notDone === 0) return words
  const steps = summary.notDone === 1 ? '1 step was' : `${summary.notDone} steps were`
  return {
    title: `${words.title}, not complete`,
    text: `${steps} not done on this machine; the report says why.`,
    color: 'yellow',
  }
}
