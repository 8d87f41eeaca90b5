import type { Clock } from '@muster/runtime/clock.ts'
import type { Random } from '@muster/runtime/random.ts'
import { ApplyError } from './apply-error.ts'
import type { ProgramRun } from './apply-report.ts'
import type { Mutation, Owner, TreeReader } from './entry.ts'
import { childOf, parentOf } from './entry.ts'
import type { EffectRecord } from './journal-record.ts'
import { type ResolveOptions, resolveInRoot } from './resolve-in-root.ts'
import type { RunLedger } from './run-ledger.ts'
import type { ProgramResult } from './run-program.ts'

/** What was asked for in one apply, the same for all its steps. */
export interface ApplySetting {
  /** Absolute directory that is the machine: `/`, or a tree. */
  readonly root: string
  /** The machine is the running system. */
  readonly isLive: boolean
  /** This process may do what root may: change owners, enter another root. */
  readonly isRoot: boolean
  readonly stateDirectory: string
  readonly contextDigest: string
  readonly contextText: string
  /** Run again what is to run once for each context. */
  readonly isForced: boolean
  readonly clock: Clock
  readonly random: Random
  /** Search path for tools. */
  readonly path: string
  readonly signal: AbortSignal
}

/** A tool of the distribution to run on the running system. */
export interface ToolCall {
  readonly argv: readonly [string, ...string[]]
  /** Standard input; secrets go here. */
  readonly input?: string
  /** @default 60 s */
  readonly timeoutMs?: number
  /** It only waits for what goes on without it, so a stop may cut it off. @default false */
  readonly isWaiting?: boolean
}

/**
 * The machine as a handler sees and changes it. In a dry run the changes are made in memory, so that later steps find
 * them, and nothing is run.
 */
export interface Machine {
  readonly setting: ApplySetting
  /** Nothing is really changed. */
  readonly isPreview: boolean
  readonly tree: TreeReader
  /** Scripts and once-only commands that ran, those of this apply included. */
  readonly ledger: RunLedger
  /** Paths (as the context names them) that this apply has changed. */
  readonly changedPaths: ReadonlySet<string>
  change(mutations: readonly Mutation[]): Promise<void>
  /** See `Transaction.around`; in a dry run `work` is not called and undefined comes back. */
  around<T>(paths: readonly string[], work: () => Promise<T>): Promise<T | undefined>
  /** See `Transaction.effect`; in a dry run `work` is not called and undefined comes back. */
  effect<T>(effect: Pick<EffectRecord, 'what' | 'undo'>, work: () => Promise<T>): Promise<T | undefined>
  /** See `Transaction.scratch`. */
  scratch(path: string): Promise<void>
  /** Runs a tool on the running system; asks only (dry run) or within `around` or `effect`. */
  runTool(call: ToolCall): Promise<ProgramResult>
  /** Notes that something that runs once has run. */
  recordRun(address: string, digest: string, run: ProgramRun): void
}

/** The canonical path of a path on the machine. */
export function resolveOn(machine: Machine, path: string, options?: ResolveOptions): Promise<string> {
  return resolveInRoot(machine.tree, path, options)
}

/** Owner to give to something new: the wanted one when this process may, otherwise the kernel's choice. */
export function givenOwner(machine: Machine, owner: Owner): Owner | undefined {
  return machine.setting.isRoot ? owner : undefined
}

/**
 * Changes that make the directories above a canonical path which do not exist yet, 0755 root.
 *
 * @throws {ApplyError} wrong-type - something above the path is no directory
 */
export async function missingParents(machine: Machine, path: string): Promise<readonly Mutation[]> {
  const missing: string[] = []
  for (let parent = parentOf(path); parent !== '/'; parent = parentOf(parent)) {
    const entry = await machine.tree.entry(parent)
    if (entry?.type === 'directory') break
    if (entry !== undefined) throw belowNoDirectory(path, parent)
    missing.push(parent)
  }
  const owner = givenOwner(machine, { uid: 0, gid: 0 })
  return missing.reverse().map((directory) => ({ do: 'directory', path: directory, mode: 0o755, owner }))
}

function belowNoDirectory(path: string, parent: string): ApplyError {
  return new ApplyError('wrong-type', `${path} lies below ${parent}, which is no directory`, {
    hint: `Move ${parent} away on the machine, or let the context name another path.`,
    details: { path, parent },
  })
}

/** Everything below a canonical directory, parents before children, without following links. */
export async function* walkBelow(tree: TreeReader, directory: string): AsyncGenerator<string> {
  for (const name of await tree.names(directory)) {
    const path = childOf(directory, name)
    yield path
    if ((await tree.entry(path))?.type === 'directory') yield* walkBelow(tree, path)
  }
}
