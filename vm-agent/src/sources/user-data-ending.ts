import { printable, shorten } from '@muster/contexts/userdata/printable.ts'
import type { ApplyErrorCode } from '../apply/apply-error.ts'
import type { ApplyReport } from '../apply/apply-report.ts'
import type { UserDataEntry } from './user-data-record.ts'

/** A context is not tried at more starts than this: it may be what stops the machine in the middle. */
export const MAX_TRIES = 5

/** How a try ended. */
export type Ending = Pick<UserDataEntry, 'phase' | 'problem'>

const MAX_WORDS = 500

/** Failures that may be gone at the next start; others need another context, or a person. */
const PASSING: ReadonlySet<string> = new Set<ApplyErrorCode>([
  'locked',
  'disk-full',
  'write-failed',
  'command-failed',
  'accounts-full',
  'aborted',
])

/** What is remembered of an apply that has ended. */
export function endingOf(report: ApplyReport, tries: number): Ending {
  const { outcome } = report.summary
  if (outcome === 'applied' || outcome === 'unchanged' || outcome === 'waiting')
    return { phase: 'applied', problem: null }
  if (outcome === 'refused') return failed('refused', refusalOf(report), tries)
  const { code, message, hint } = report.error ?? { code: outcome, message: 'the apply failed' }
  // Half-way is no state to begin from by itself.
  return failed(outcome === 'rollback-failed' ? outcome : code, { message, hint }, tries)
}

/** What is remembered of an apply that could not begin, or of which nothing is known but that it did not end. */
export function failed(
  code: string,
  { message, hint }: { readonly message: string; readonly hint?: string | undefined },
  tries: number,
): Ending {
  const isAgain = PASSING.has(code) && tries < MAX_TRIES
  return {
    phase: isAgain ? 'begun' : 'failed',
    problem: { message: words(message), hint: hint === undefined ? null : words(hint) },
  }
}

function refusalOf({ diagnostics, error }: ApplyReport) {
  const first = diagnostics.find(({ severity }) => severity === 'error')
  if (first === undefined) return { message: error?.message ?? 'the context is refused', hint: error?.hint }
  return { message: `line ${first.span.start.line}: ${first.message}`, hint: first.hint }
}

function words(text: string): string {
  return shorten(printable(text), MAX_WORDS)
}
