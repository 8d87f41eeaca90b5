import { join } from 'node:path'
import type { ContextReference } from '@muster/contexts/wire/machines.ts'
import type { ApplyReport } from './apply-report.ts'
import { readStateText, writeStateText } from './state-text.ts'

/** What is remembered of the last apply or rollback, without the texts of the context. */
export type LastApply = Pick<ApplyReport, 'summary' | 'notDone' | 'warnings' | 'runs' | 'lines'> & {
  readonly context: ContextReference
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

/** Remembers an apply. @throws {ApplyError} */
export async function writeLastApply(stateDirectory: string, last: LastApply): Promise<void> {
  const { context, summary, notDone, warnings, runs, lines, rolledBackAt } = last
  const kept = {
    context,
    summary,
    notDone,
    warnings,
    runs,
    lines,
    ...(rolledBackAt === undefined ? {} : { rolledBackAt }),
  }
  await writeStateText(lastApplyPath(stateDirectory), `${JSON.stringify(kept, null, 2)}\n`)
}
