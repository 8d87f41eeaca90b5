import { randomBytes } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ApplyError } from './apply-error.ts'
import { chooseScratch, type IsolatedRoot, openIsolatedRoot } from './isolated-root.ts'
import type { Machine } from './machine.ts'
import { readOverlayDifference } from './overlay-difference.ts'
import { type ProgramResult, runProgram } from './run-program.ts'
import { stateInTree } from './state-directory.ts'
import { environmentFor, type ProgramAccount } from './system-environment.ts'

/** A program to run with the tree as its root. */
export interface TreeProgram {
  /** For people and the journal; no secrets. */
  readonly what: string
  /** @param directory - where `files` are, as the program sees it */
  readonly argv: (directory: string) => readonly string[]
  readonly account: ProgramAccount
  readonly env?: (directory: string) => Readonly<Record<string, string>>
  /** Texts put (0600) into a directory of their own (0700) that only this run sees. */
  readonly files?: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly outputLimit: number
}

/** How it ended. */
export interface TreeRun {
  readonly result: ProgramResult
  /** Whether its effects can be undone exactly. */
  readonly isUndoable: boolean
  /** Paths that were not carried over into the tree. */
  readonly leftBehind: readonly string[]
}

/** Run as process 1 of its own process namespace: mounts /proc and changes the root. */
const ENTER_SCRIPT = 'root=$1; shift; mount -t proc proc "$root/proc" && exec chroot "$@"'

/**
 * Runs a program with the tree as its root, in process and mount namespaces of its own.
 *
 * It works on an overlay; what it has changed is then made to the tree through the journal, so it can be undone byte
 * for byte, and a program that is stopped leaves nothing. Where no overlay can be mounted the program works on the tree
 * itself, and nothing of it can be undone. The network is the machine's.
 */
export async function runInTree(machine: Machine, program: TreeProgram): Promise<TreeRun> {
  const { setting } = machine
  const scratch = await chooseScratch(setting)
  await machine.scratch(scratch)
  try {
    const root = await openIsolatedRoot(setting, scratch)
    try {
      if (!root.isOverlay) {
        const result = await machine.effect({ what: program.what, undo: [] }, () => enter(machine, root, program))
        return { result: required(result), isUndoable: false, leftBehind: [] }
      }
      const result = await enter(machine, root, program)
      const isCarriedOver = !result.isTimedOut && !setting.signal.aborted
      const leftBehind = isCarriedOver ? await carryOver(machine, root) : []
      return { result, isUndoable: true, leftBehind }
    } finally {
      await root.close()
    }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

async function enter(machine: Machine, root: IsolatedRoot, program: TreeProgram): Promise<ProgramResult> {
  const { setting } = machine
  const { account } = program
  const directory = `/dev/shm/amiconfig-${randomBytes(8).toString('hex')}`
  await mkdir(root.mergedView + directory, { mode: 0o700 })
  for (const [name, text] of Object.entries(program.files ?? {})) {
    await writeFile(root.mergedView + join(directory, name), text, { mode: 0o600, flag: 'wx' })
  }
  const identity = [`--userspec=${account.uid}:${account.gid}`, `--groups=${account.groups.join(',')}`]
  return runProgram({
    argv: [
      'setpriv',
      ...['--pdeathsig', 'KILL'],
      ...['nsenter', `--mount=/proc/${root.holderPid}/ns/mnt`, '--'],
      ...['unshare', '--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child', '--ipc', '--'],
      ...['sh', '-c', ENTER_SCRIPT, 'muster-enter', root.mergedPath, ...identity, root.mergedPath],
      ...program.argv(directory),
    ],
    // The tools are this machine's, found by the path that the tree's programs get as well.
    env: { ...environmentFor(account), ...program.env?.(directory) },
    clock: setting.clock,
    timeoutMs: program.timeoutMs,
    outputLimit: program.outputLimit,
    signal: setting.signal,
  })
}

async function carryOver(machine: Machine, root: IsolatedRoot): Promise<readonly string[]> {
  const { setting } = machine
  const ignored = new Set(['/dev', '/proc', '/sys'])
  const state = await stateInTree(setting)
  if (state !== undefined) ignored.add(state)
  const difference = await readOverlayDifference({
    upper: root.upperPath,
    merged: root.mergedView,
    lower: setting.root,
    ignored,
  })
  // The tree must not change below a mounted overlay.
  await root.close()
  await machine.change(difference.mutations)
  return difference.leftBehind
}

function required(result: ProgramResult | undefined): ProgramResult {
  if (result !== undefined) return result
  throw new ApplyError('command-failed', 'a program was asked for in a dry run', { hint: 'Report this as a fault.' })
}
