import { join } from 'node:path'
import { INTERRUPTED } from '@muster/contexts/wire/interrupted-apply.ts'
import type { ApplySummary, ContextReference } from '@muster/contexts/wire/machines.ts'
import { isoTime } from '@muster/runtime/iso-time.ts'
import type { ApplyReport, Recovery } from './apply-report.ts'
import { writeStandingContext } from './standing-context.ts'
import { readStateText, writeStateText } from './state-text.ts'

/** What is remembered of the last apply or rollback, without the texts of the context. */
export type LastApply = Pick<ApplyReport, 'summary' | 'notDone' | 'warnings' | 'runs' | 'lines'> & {
  readonly context: ContextReference
  /** The context that the machine has now: of the last apply that succeeded, unless it was taken back. */
  readonly appliedContext?: ContextReference
  /** Epoch milliseconds of a rollback that has taken it back since. */
  readonly rolledBackAt?: number
}

function lastApplyPath(stateDirectory: string): string {
  return join(stateDirectory, 'last-apply.json')
}

/** The last apply, or undefined when there was none (or its record cannot be understood). */
export async function readLastApply(stateDirectory: string): Promise<LastApply | undefined> {
  const text = await readStateText(lastApplyPath(stateDirectory))
  if (text === null) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && 'summary' in value ? (value as LastApply) : undefined
  } catch {
    return undefined
  }
}

/** Remembers the end of an apply. @throws {ApplyError} */
export async function rememberApply(stateDirectory: string, report: ApplyReport): Promise<void> {
  const { outcome } = report.summary
  const isApplied = outcome === 'applied' || outcome === 'unchanged'
  const before = isApplied ? undefined : await readLastApply(stateDirectory)
  const appliedContext = isApplied ? report.context : before?.appliedContext
  await writeLastApply(stateDirectory, { ...report, ...(appliedContext === undefined ? {} : { appliedContext }) })
}

/** Remembers that the last apply was taken back. @throws {ApplyError} */
export async function rememberRollback(stateDirectory: string, rolledBackAt: number): Promise<void> {
  // Or the agent would bring back by itself what was taken back.
  await writeStandingContext(stateDirectory, undefined)
  const last = await readLastApply(stateDirectory)
  if (last === undefined) return
  const { appliedContext: _, ...rest } = last
  await writeLastApply(stateDirectory, { ...rest, rolledBackAt })
}

const DIGEST = /^[0-9a-f]{64}$/

/** Remembers what became of an apply, or of a rollback, that did not end. @param now - epoch milliseconds @throws {ApplyError} */
export async function rememberRecovery(stateDirectory: string, recovery: Recovery, now: number): Promise<void> {
  if (recovery.of === 'rollback') return rememberRollback(stateDirectory, now)
  const { contextName, contextDigest, startedAt, changesMade, isComplete, problems } = recovery
  // Of a damaged journal; nobody could tell which context that was.
  if (!DIGEST.test(contextDigest)) return
  const summary: ApplySummary = {
    finishedAt: isoTime(now),
    outcome: isComplete ? 'rolled-back' : 'rollback-failed',
    changes: changesMade,
    // These, and when it was cut off, went with its process.
    ...{ warnings: 0, notDone: 0, durationMs: 0 },
    errorCode: INTERRUPTED,
    startedAt: isoTime(startedAt),
  }
  const before = await readLastApply(stateDirectory)
  await writeLastApply(stateDirectory, {
    context: { name: contextName, digest: contextDigest },
    ...(before?.appliedContext === undefined ? {} : { appliedContext: before.appliedContext }),
    summary,
    ...{ notDone: [], warnings: [], runs: [], lines: problems },
  })
}

async function writeLastApply(stateDirectory: string, last: LastApply): Promise<void> {
  const { context, appliedContext, summary, notDone, warnings, runs, lines, rolledBackAt } = last
  const kept = { context, appliedContext, summary, notDone, warnings, runs, lines, rolledBackAt }
  await writeStateText(lastApplyPath(stateDirectory), `${JSON.stringify(kept, null, 2)}\n`)
}
