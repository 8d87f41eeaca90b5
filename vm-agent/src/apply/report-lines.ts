import { countChanges } from '@muster/contexts/plan/change.ts'
import { renderChange } from '@muster/contexts/plan/render-change.ts'
import type { ApplyReport } from './apply-report.ts'
import { describeRun } from './program-output.ts'

/** Most lines of one kind in a report; the rest is counted. */
const MAX_LINES = 40

const OUTCOME: Readonly<Record<ApplyReport['summary']['outcome'], string>> = {
  applied: 'Applied',
  unchanged: 'Nothing to change',
  'rolled-back': 'Failed, and everything was taken back: the machine is as before',
  'rollback-failed': 'Failed, and not everything could be taken back',
  refused: 'Refused: nothing was changed',
  waiting: 'Waiting: the agent applies the context when the cluster tells what is missing',
}

/** A report as lines for people: what was done, what was not, what went wrong, and the sum. No secrets. */
export function reportLines(report: Omit<ApplyReport, 'lines'>): readonly string[] {
  const { summary, error } = report
  const lines: string[] = []
  if (report.recovery !== undefined) lines.push(...recoveryLines(report.recovery))
  const made = report.changes.filter((change) => change.action !== 'none')
  if (summary.outcome === 'applied') lines.push(...bounded(made.flatMap((change) => renderChange(change).split('\n'))))
  lines.push(...report.runs.map((run) => `${run.address} ${describeRun(run)}`))
  lines.push(...bounded(report.notDone.map((one) => `not done: ${one.address}: ${one.reason}`)))
  lines.push(...bounded(report.warnings.map((one) => `warning: ${one.address}: ${one.message} [${one.code}]`)))
  lines.push(...report.waitingFor.map((words) => `waiting for ${words}`))
  if (error !== undefined) lines.push(`error: ${error.message} [${error.code}]`)
  if (error?.hint !== undefined) lines.push(`hint: ${error.hint}`)
  lines.push(`${OUTCOME[summary.outcome]}.${sumOf(report)}`)
  return lines
}

function sumOf(report: Omit<ApplyReport, 'lines'>): string {
  const { summary } = report
  const counts = countChanges(report.changes)
  const parts = summary.outcome === 'applied' ? [`${summary.changes} changed`, `${counts.none} already as wanted`] : []
  if (summary.notDone > 0) parts.push(`${summary.notDone} not done`)
  if (summary.warnings > 0) parts.push(`${summary.warnings} warnings`)
  parts.push(`${(summary.durationMs / 1000).toFixed(2)} s`)
  return ` ${parts.join(', ')}.`
}

/** An unfinished apply that was found, in words. */
export function recoveryLines(recovery: NonNullable<ApplyReport['recovery']>): readonly string[] {
  const what = `An apply of context ${recovery.contextDigest.slice(0, 12)} had not ended`
  if (recovery.isComplete) {
    return [`${what}; all that it had changed was taken back first.`, ...recovery.problems.map((text) => `  ${text}`)]
  }
  return [`${what}, and not all of it could be taken back:`, ...recovery.problems.map((text) => `  ${text}`)]
}

function bounded(lines: readonly string[]): readonly string[] {
  if (lines.length <= MAX_LINES) return lines
  return [...lines.slice(0, MAX_LINES), `… and ${lines.length - MAX_LINES} more`]
}
