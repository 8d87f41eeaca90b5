import { hasEffect } from '@muster/contexts/plan/change.ts'
import type { Plan, PlanResult } from '@muster/contexts/plan/plan.ts'
import { planContext } from '@muster/contexts/plan/plan-context.ts'
import { decodeContext } from '@muster/contexts/userdata/decode.ts'
import type { ApplySummary } from '@muster/contexts/wire/machines.ts'
import { isoTime } from '@muster/runtime/iso-time.ts'
import { ApplyError, fileFault, systemCodeOf } from './apply-error.ts'
import { takeApplyLock } from './apply-lock.ts'
import type { ApplyDeps, ApplyPreview, ApplyReport, ApplyRequest, Recovery } from './apply-report.ts'
import { createApplyMachine, createPreviewMachine, type NotedMachine, runTool } from './create-machine.ts'
import { type Execution, executePlan } from './executor.ts'
import { createJournal } from './journal.ts'
import { rememberApply } from './last-apply.ts'
import type { ApplySetting } from './machine.ts'
import { recoverJournal } from './open-journal.ts'
import { reportLines } from './report-lines.ts'
import { encodeLedger, readLedger } from './run-ledger.ts'
import { readStandingContext, writeStandingContext } from './standing-context.ts'
import { prepareStateDirectory } from './state-directory.ts'
import { SYSTEM_PATH } from './system-environment.ts'
import { createTransaction, type Transaction, type TransactionDeps } from './transaction.ts'

/** What a preview needs to be told. */
export type PreviewRequest = Pick<ApplyRequest, 'text' | 'isStrict' | 'isForced' | 'signal'>

/** Signature of `applyContext`. */
export type ApplyContext = typeof applyContext

/** Signature of `previewContext`. */
export type PreviewContext = typeof previewContext

/**
 * Makes the machine what a context says, or leaves it as it was.
 *
 * An apply that had not ended is taken back first. Then each resource is compared and changed in the order of the plan;
 * a failure takes everything back. A context with errors is refused before anything is touched.
 *
 * @returns the report, whatever the outcome
 * @throws {ApplyError} locked, not-permitted, disk-full, write-failed - before anything was changed: the lock or the
 *   state directory cannot be had
 */
export async function applyContext(deps: ApplyDeps, request: ApplyRequest): Promise<ApplyReport> {
  const startedAt = deps.clock.monotonic()
  const { plan, ...planned } = await planFor(deps, request)
  if (plan === undefined) {
    const error = new ApplyError('refused', 'the context has errors', { hint: 'Correct them; each has its line.' })
    return closeReport(deps, request, {
      ...planned,
      execution: newExecution(),
      runs: [],
      outcome: 'refused',
      error,
      startedAt,
    })
  }
  const setting = settingOf(deps, request, plan)
  await prepareStateDirectory(deps.stateDirectory)
  const lock = await takeApplyLock(deps.stateDirectory, {
    waitSeconds: request.waitSeconds ?? 0,
    command: 'muster-agent apply',
    now: deps.clock.now(),
    path: setting.path,
    onWait: request.onWait,
    signal: request.signal,
  })
  try {
    const transactionDeps = transactionDepsOf(deps, setting)
    const recovery = await recoverJournal(transactionDeps)
    const result = await applyLocked(deps, request, { setting, transactionDeps, plan })
    const report = closeReport(deps, request, { ...result, ...planned, recovery, startedAt })
    await remember(deps, request, { report, values: planned.values })
    return report
  } finally {
    await lock.release()
  }
}

/**
 * What applying a context would change. Reads only: nothing is written, not even the state directory, and nothing is
 * run but questions to the service manager.
 *
 * @throws {ApplyError} when the machine cannot be read or a resource cannot be made at all
 */
export async function previewContext(deps: ApplyDeps, request: PreviewRequest): Promise<ApplyPreview> {
  const { plan, diagnostics, waitingFor } = await planFor(deps, request)
  if (plan === undefined) return { changes: undefined, diagnostics, notDone: [], warnings: [], waitingFor }
  const machine = createPreviewMachine(settingOf(deps, request, plan), await readLedger(deps.stateDirectory))
  const execution = newExecution()
  await executePlan(plan, machine, execution, { isStrict: false })
  return { ...execution, diagnostics, waitingFor }
}

interface ApplyWork {
  readonly setting: ApplySetting
  readonly transactionDeps: TransactionDeps
  readonly plan: Plan
}

interface ApplyResult {
  readonly execution: Execution
  readonly runs: ApplyReport['runs']
  readonly outcome: ApplySummary['outcome']
  readonly error: ApplyError | undefined
}

async function applyLocked(deps: ApplyDeps, request: ApplyRequest, work: ApplyWork): Promise<ApplyResult> {
  const { setting, transactionDeps, plan } = work
  const ledger = await readLedger(deps.stateDirectory)
  const execution = newExecution()
  if (request.isStrict) {
    const refusal = await strictRefusal(plan, createPreviewMachine(setting, ledger), execution)
    if (refusal !== undefined) return { execution, runs: [], outcome: 'refused', error: refusal }
  }
  const title = {
    contextDigest: plan.contextDigest,
    contextName: request.context.name,
    startedAt: deps.clock.now(),
  }
  const transaction = createTransaction(transactionDeps, title)
  const machine = createApplyMachine(setting, ledger, transaction)
  try {
    await executePlan(plan, machine, execution, request)
    const after = encodeLedger(machine.ledger)
    await transaction.commit(after === encodeLedger(ledger) ? undefined : after, deps.clock.now())
    const outcome = hasEffect(execution.changes) ? 'applied' : 'unchanged'
    return { execution, runs: machine.runs, outcome, error: undefined }
  } catch (error) {
    const ending = await takeBack(transaction, execution)
    // Anything but a failure of the machine is a fault of this program, and must be seen as one.
    if (!(error instanceof ApplyError) && systemCodeOf(error) === undefined) throw error
    return { execution, runs: machine.runs, outcome: ending, error: fileFault(error, deps.stateDirectory, 'used') }
  }
}

/** A strict apply is refused before it touches anything when something in it cannot be done. */
async function strictRefusal(plan: Plan, machine: NotedMachine, execution: Execution): Promise<ApplyError | undefined> {
  const rehearsal = newExecution()
  try {
    await executePlan(plan, machine, rehearsal, { isStrict: true })
    return undefined
  } catch (error) {
    if (!(error instanceof ApplyError)) throw error
    execution.notDone.push(...rehearsal.notDone)
    execution.warnings.push(...rehearsal.warnings)
    return error
  }
}

async function takeBack(transaction: Transaction, execution: Execution) {
  const { problems, irreversible } = await transaction.rollback()
  for (const message of [...problems, ...irreversible])
    execution.warnings.push({ address: 'rollback', code: 'not-taken-back', message })
  return problems.length === 0 ? 'rolled-back' : 'rollback-failed'
}

async function planFor(deps: ApplyDeps, request: Pick<ApplyRequest, 'text' | 'isStrict' | 'signal'>) {
  const { root } = deps
  const facts = await deps.readFacts(request.signal === undefined ? { root } : { root, signal: request.signal })
  const placeholders = (await deps.readPlaceholders?.()) ?? ({ kind: 'no-cluster' } as const)
  return planContext(decodeContext(request.text), facts, { isStrict: request.isStrict, placeholders })
}

function settingOf(deps: ApplyDeps, request: PreviewRequest, plan: Plan): ApplySetting {
  const { root, stateDirectory, clock, random } = deps
  return {
    root,
    isLive: root === '/',
    isRoot: process.geteuid?.() === 0,
    stateDirectory,
    contextDigest: plan.contextDigest,
    contextText: request.text,
    isForced: request.isForced ?? false,
    clock,
    random,
    path: deps.path ?? SYSTEM_PATH,
    signal: request.signal ?? new AbortController().signal,
  }
}

/** What the journal stands on for these dependencies. */
export function transactionDepsOf(deps: ApplyDeps, setting: Pick<ApplySetting, 'path' | 'clock'>): TransactionDeps {
  const { root, stateDirectory } = deps
  // The way back must not be stopped by what stopped the way there.
  const undoSetting = { path: setting.path, clock: setting.clock, signal: new AbortController().signal }
  return {
    root,
    stateDirectory,
    journal: createJournal(stateDirectory),
    async runUndo(argv) {
      const [program = '', ...rest] = argv
      return (await runTool(undoSetting, { argv: [program, ...rest] })).exitCode === 0
    },
    onStep: deps.onJournalStep,
  }
}

interface ReportParts extends ApplyResult, Pick<PlanResult, 'diagnostics' | 'waitingFor'> {
  readonly recovery?: Recovery | undefined
  readonly startedAt: number
}

function closeReport(deps: ApplyDeps, request: ApplyRequest, parts: ReportParts): ApplyReport {
  const { execution, error, waitingFor } = parts
  const isDone = parts.outcome === 'applied' || parts.outcome === 'unchanged'
  const outcome = isDone && waitingFor.length > 0 ? 'waiting' : parts.outcome
  const summary: ApplySummary = {
    finishedAt: isoTime(deps.clock.now()),
    outcome,
    changes: isDone ? execution.changes.filter((change) => change.action !== 'none').length : 0,
    warnings: execution.warnings.length,
    notDone: execution.notDone.length,
    durationMs: Math.round(deps.clock.monotonic() - parts.startedAt),
    ...(error === undefined ? {} : { errorCode: error.code }),
  }
  const report = {
    context: request.context,
    summary,
    diagnostics: parts.diagnostics,
    ...execution,
    runs: parts.runs,
    recovery: parts.recovery,
    waitingFor,
    error: error === undefined ? undefined : errorFacts(error),
  }
  return { ...report, lines: reportLines(report) }
}

function errorFacts(error: ApplyError) {
  const { code, message, hint } = error
  return { code, message, ...(hint === undefined ? {} : { hint }) }
}

interface Ending {
  readonly report: ApplyReport
  readonly values: PlanResult['values']
}

async function remember(deps: ApplyDeps, request: ApplyRequest, { report, values }: Ending): Promise<void> {
  const { outcome, changes, warnings, notDone, durationMs } = report.summary
  deps.log.info(
    { outcome, changes, warnings, notDone, durationMs, contextDigest: report.context.digest },
    'apply ended',
  )
  try {
    await rememberApply(deps.stateDirectory, report)
    await keepStanding(deps, request, { report, values })
  } catch (error) {
    if (!(error instanceof ApplyError)) throw error
    deps.log.warn({ code: error.code }, 'the report of this apply could not be kept')
  }
}

/** A context with placeholders is kept, to be planned again when the cluster tells other values. */
async function keepStanding(deps: ApplyDeps, request: ApplyRequest, { report, values }: Ending): Promise<void> {
  const { outcome } = report.summary
  const { context, text, isStrict } = request
  if (outcome === 'waiting') {
    const before = await readStandingContext(deps.stateDirectory)
    const known = before?.context.digest === context.digest ? before.values : undefined
    await writeStandingContext(deps.stateDirectory, { context, text, isStrict, values: known })
  } else if (outcome === 'applied' || outcome === 'unchanged') {
    const standing = values.size === 0 ? undefined : { context, text, isStrict, values: Object.fromEntries(values) }
    await writeStandingContext(deps.stateDirectory, standing)
  }
}

function newExecution(): Execution {
  return { changes: [], notDone: [], warnings: [] }
}
