import { throwIfStopped } from './apply-error.ts'
import type { ProgramRun } from './apply-report.ts'
import { createDiskTree } from './disk-tree.ts'
import type { ApplySetting, Machine, ToolCall } from './machine.ts'
import { createMemoryTree } from './memory-tree.ts'
import type { RunLedger } from './run-ledger.ts'
import { type ProgramResult, runProgram } from './run-program.ts'
import type { Transaction } from './transaction.ts'

const TOOL_TIMEOUT_MS = 60_000

/** A machine with what an apply has noted about it. */
export interface NotedMachine extends Machine {
  /** Scripts and commands that ran in this apply, in order. */
  readonly runs: readonly ProgramRun[]
  /** Notes that a path (as the context names it) was changed. */
  noteChangedPath(path: string): void
}

/** The machine for an apply: every change goes through the transaction. */
export function createApplyMachine(setting: ApplySetting, ledger: RunLedger, transaction: Transaction): NotedMachine {
  return {
    ...createNotes(ledger),
    setting,
    isPreview: false,
    tree: createDiskTree(setting.root),
    change: (mutations) => transaction.change(mutations),
    around: (paths, work) => transaction.around(paths, work),
    effect: (effect, work) => transaction.effect(effect, work),
    scratch: (path) => transaction.scratch(path),
    runTool: (call) => runTool(setting, call),
  }
}

/** The machine for a dry run: changes are made in memory, nothing is run but questions. */
export function createPreviewMachine(setting: ApplySetting, ledger: RunLedger): NotedMachine {
  const tree = createMemoryTree(createDiskTree(setting.root))
  const nothing = () => Promise.resolve(undefined)
  return {
    ...createNotes(ledger),
    setting,
    isPreview: true,
    tree,
    change: (mutations) => tree.change(mutations),
    around: nothing,
    effect: nothing,
    scratch: nothing,
    runTool: (call) => runTool(setting, call),
  }
}

/**
 * Runs a tool of the distribution with a clean environment. A stop lets it end: cut off in the middle it could leave its
 * lock files behind, which no journal knows.
 *
 * @throws {ApplyError} aborted - told to stop before or meanwhile
 */
export async function runTool(
  setting: Pick<ApplySetting, 'path' | 'clock' | 'signal'>,
  call: ToolCall,
): Promise<ProgramResult> {
  throwIfStopped(setting.signal)
  const result = await runProgram({
    argv: call.argv,
    env: { PATH: setting.path, LC_ALL: 'C' },
    clock: setting.clock,
    timeoutMs: call.timeoutMs ?? TOOL_TIMEOUT_MS,
    signal: call.isWaiting === true ? setting.signal : undefined,
    ...(call.input === undefined ? {} : { input: call.input }),
  })
  throwIfStopped(setting.signal)
  return result
}

function createNotes(before: RunLedger) {
  const ledger = new Map(before)
  const changedPaths = new Set<string>()
  const runs: ProgramRun[] = []
  return {
    ledger,
    changedPaths,
    runs,
    noteChangedPath: (path: string) => void changedPaths.add(path),
    recordRun(address: string, digest: string, run: ProgramRun) {
      runs.push(run)
      if (digest === '') ledger.delete(address)
      else ledger.set(address, digest)
    },
  }
}
