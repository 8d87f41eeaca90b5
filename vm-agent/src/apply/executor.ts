import type { Change } from '@muster/contexts/plan/change.ts'
import { describeResource } from '@muster/contexts/plan/describe.ts'
import type { Plan } from '@muster/contexts/plan/plan.ts'
import { addressOf, type Resource, UNDO_BY_KIND } from '@muster/contexts/plan/resource.ts'
import { printable, shorten } from '@muster/contexts/userdata/printable.ts'
import { ApplyError, throwIfStopped } from './apply-error.ts'
import type { ApplyProgress, ApplyWarning, NotDone } from './apply-report.ts'
import type { NotedMachine } from './create-machine.ts'
import type { Finding, HandlerWarning, NotDoneNote } from './handlers/handler.ts'
import { inspectResource } from './handlers/registry.ts'

/** Longest address that is shown; keys of accounts are longer. */
const MAX_ADDRESS_LENGTH = 80
/** Warnings that mean that something asked for is not there; strict makes them failures. */
const STRICT_WARNINGS = new Set(['unit-missing', 'unit-masked', 'not-carried-over', 'command-incomplete'])

/** What has been found and done so far; grows while a plan is executed, and stays when that fails. */
export interface Execution {
  readonly changes: Change[]
  readonly notDone: NotDone[]
  readonly warnings: ApplyWarning[]
}

/** Choices of `executePlan`. */
export interface ExecuteOptions {
  readonly isStrict: boolean
  readonly onProgress?: ((progress: ApplyProgress) => void) | undefined
}

/**
 * Goes through a plan: looks at each resource when its turn comes, since what came before may have changed what it
 * needs, and makes the change. On a dry-run machine that happens in memory.
 *
 * @throws {ApplyError} the first failure; what was done until then is in `execution`, and taking it back is the
 *   caller's part
 */
export async function executePlan(
  plan: Plan,
  machine: NotedMachine,
  execution: Execution,
  options: ExecuteOptions,
): Promise<void> {
  const total = plan.resources.length
  for (const [number, resource] of plan.resources.entries()) {
    throwIfStopped(machine.setting.signal)
    const address = shownAddress(resource)
    const tell = (phase: ApplyProgress['phase'], message?: string) =>
      options.onProgress?.({ index: number + 1, total, address, phase, ...(message === undefined ? {} : { message }) })
    tell('started', printable(describeResource(resource)))
    try {
      const notDone = await executeResource(resource, machine, execution, options)
      tell(notDone === undefined ? 'done' : 'not-done', notDone)
    } catch (error) {
      tell('failed', error instanceof ApplyError ? error.message : undefined)
      throw error
    }
  }
}

/** Makes one resource so. @returns why something of it was not done, if so */
async function executeResource(
  resource: Resource,
  machine: NotedMachine,
  execution: Execution,
  options: ExecuteOptions,
): Promise<string | undefined> {
  const address = shownAddress(resource)
  const finding = await inspectResource(resource, machine)
  execution.changes.push(changeOf(resource, finding))
  note(execution, address, finding.notDone, finding.warnings)
  refuseWhenStrict(finding.notDone, finding.warnings, options)
  const performed = finding.action === 'none' ? undefined : await finding.perform?.(machine)
  note(execution, address, performed?.notDone, performed?.warnings)
  refuseWhenStrict(performed?.notDone, performed?.warnings, options)
  if (finding.action !== 'none' && 'path' in resource) machine.noteChangedPath(resource.path)
  return finding.notDone?.[0]?.reason ?? performed?.notDone?.[0]?.reason
}

function changeOf(resource: Resource, finding: Finding): Change {
  return {
    action: finding.action,
    resource,
    undo: finding.undo ?? UNDO_BY_KIND[resource.kind],
    summary: describeResource(resource),
    notes: finding.notes ?? [],
  }
}

function note(
  execution: Execution,
  address: string,
  notDone: readonly NotDoneNote[] = [],
  warnings: readonly HandlerWarning[] = [],
): void {
  for (const one of notDone) execution.notDone.push({ address, ...one })
  for (const one of warnings) execution.warnings.push({ address, ...one })
}

function refuseWhenStrict(
  notDone: readonly NotDoneNote[] = [],
  warnings: readonly HandlerWarning[] = [],
  options: ExecuteOptions,
): void {
  if (!options.isStrict) return
  const problem = notDone[0]?.reason ?? warnings.find(({ code }) => STRICT_WARNINGS.has(code))?.message
  if (problem === undefined) return
  throw new ApplyError('not-done', problem, {
    hint:
      notDone[0]?.needsRoot === true ? 'Run as root, or without --strict.' : 'Correct this, or run without --strict.',
  })
}

function shownAddress(resource: Resource): string {
  return shorten(printable(addressOf(resource)), MAX_ADDRESS_LENGTH)
}
