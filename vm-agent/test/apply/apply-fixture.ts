import { join } from 'node:path'
import { digestText } from '@muster/contexts/context/digest.ts'
import type { Resource } from '@muster/contexts/plan/resource.ts'
import { systemClock } from '@muster/runtime/clock.ts'
import { silentLog } from '@muster/runtime/log.ts'
import { systemRandom } from '@muster/runtime/random.ts'
import { onTestFinished } from 'vitest'
import { applyContext, transactionDepsOf } from '../../src/apply/apply-context.ts'
import type { ApplyDeps, ApplyRequest } from '../../src/apply/apply-report.ts'
import { createApplyMachine, createPreviewMachine } from '../../src/apply/create-machine.ts'
import { type Execution, executePlan } from '../../src/apply/executor.ts'
import type { ApplySetting } from '../../src/apply/machine.ts'
import { prepareStateDirectory } from '../../src/apply/state-directory.ts'
import { SYSTEM_PATH } from '../../src/apply/system-environment.ts'
import { createTransaction } from '../../src/apply/transaction.ts'
import { readFacts } from '../../src/facts/read-facts.ts'
import { temporaryDirectory } from './tree-fixture.ts'

/** Where a resource of a test comes from. */
export const ORIGIN = { plugin: 'test' } as const

/** Dependencies for a tree, with the state outside it. */
export function depsFor(root: string, overrides: Partial<ApplyDeps> = {}): ApplyDeps {
  return {
    root,
    stateDirectory: overrides.stateDirectory ?? join(temporaryDirectory(), 'muster'),
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    readFacts,
    ...overrides,
  }
}

/** A request for a context text. */
export function requestFor(text: string, overrides: Partial<ApplyRequest> = {}): ApplyRequest {
  return { text, context: { name: 'test', digest: digestText(text) }, isStrict: false, ...overrides }
}

/** Applies a context text. */
export function applyText(deps: ApplyDeps, text: string, overrides: Partial<ApplyRequest> = {}) {
  return applyContext(deps, requestFor(text, overrides))
}

function settingFor(deps: ApplyDeps, overrides: Partial<ApplySetting>): ApplySetting {
  return {
    root: deps.root,
    isLive: false,
    isRoot: process.geteuid?.() === 0,
    stateDirectory: deps.stateDirectory,
    contextDigest: 'digest',
    contextText: 'text',
    isForced: false,
    clock: deps.clock,
    random: deps.random,
    path: SYSTEM_PATH,
    signal: new AbortController().signal,
    ...overrides,
  }
}

/** Resources applied in one transaction, which can be taken back. */
export async function applyResources(
  deps: ApplyDeps,
  resources: readonly Resource[],
  overrides: Partial<ApplySetting> = {},
) {
  await prepareStateDirectory(deps.stateDirectory)
  const setting = settingFor(deps, overrides)
  const transactionDeps = transactionDepsOf(deps, setting)
  const title = { contextDigest: 'digest', contextName: 'test', startedAt: 0 }
  const transaction = createTransaction(transactionDeps, title)
  // Closes the log of a transaction that the test leaves open.
  onTestFinished(() =>
    transaction.rollback().then(
      () => undefined,
      () => undefined,
    ),
  )
  const machine = createApplyMachine(setting, new Map(), transaction)
  const execution: Execution = { changes: [], notDone: [], warnings: [] }
  await executePlan({ contextDigest: 'digest', resources }, machine, execution, { isStrict: false })
  return { ...execution, runs: machine.runs, ledger: machine.ledger, transaction, actions: actionsOf(execution) }
}

/** What resources would change. */
export async function previewResources(
  deps: ApplyDeps,
  resources: readonly Resource[],
  overrides: Partial<ApplySetting> = {},
) {
  const machine = createPreviewMachine(settingFor(deps, overrides), new Map())
  const execution: Execution = { changes: [], notDone: [], warnings: [] }
  await executePlan({ contextDigest: 'digest', resources }, machine, execution, { isStrict: false })
  return { ...execution, tree: machine.tree, actions: actionsOf(execution) }
}

function actionsOf(execution: Execution): readonly string[] {
  return execution.changes.map((change) => change.action)
}
