import { randomBytes } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { addressOf } from '@muster/contexts/plan/resource.ts'
import { ApplyError, fileFault, throwIfStopped } from '../apply-error.ts'
import { findProgram } from '../find-program.ts'
import type { Machine } from '../machine.ts'
import { describeRun, keepOutput, OUTPUT_LIMIT } from '../program-output.ts'
import { runInTree } from '../run-in-tree.ts'
import { type ProgramResult, runProgram } from '../run-program.ts'
import { environmentFor, ROOT_ACCOUNT } from '../system-environment.ts'
import { AS_WANTED, notDoneHere, type Performed, type ResourceHandler, type ResourceOf } from './handler.ts'

type Script = ResourceOf<'script'>

/**
 * Shell that runs the script as its child, so that `amiconfig` stands in the command line of an ancestor: contexts look
 * for it to tell this run from others (CONTEXT-SPEC 1.3.4). The last command keeps the shell from being replaced.
 */
const WRAPPER = ['/bin/sh', '-c', '"$@"; exit $?', 'amiconfig'] as const
const SCRIPT_NAME = 'amiconfig-user-data.sh'

/** The leading script of a context: run once for each context, its text never in a command line. */
export const scriptHandler: ResourceHandler<'script'> = {
  kind: 'script',
  async inspect(want, machine) {
    const { setting, ledger } = machine
    const address = addressOf(want)
    if (ledger.get(address) === markOf(want, machine) && !setting.isForced) {
      return { ...AS_WANTED, notes: ['has run for this context'] }
    }
    if (!setting.isRoot) return notDoneHere('the script was not run: only root can', true)
    const program = await interpreterFor(want, machine)
    if (program === undefined) return notDoneHere('the script was not run: the machine has no shell for it', false)
    const notes = setting.isLive ? [] : ['runs in a private copy of the tree; its effects are carried over']
    return {
      action: 'run',
      undo: setting.isLive ? 'none' : 'exact',
      notes,
      perform: (target) => (target.isPreview ? Promise.resolve(undefined) : run(want, target, program)),
    }
  },
}

/** What a run is remembered under: with values of the cluster in it, the script has to run again for others. */
function markOf(want: Script, { setting }: Machine): string {
  return want.hasPlaceholders === true ? `${setting.contextDigest}+${want.digest}` : setting.contextDigest
}

async function run(want: Script, machine: Machine, program: readonly string[]): Promise<Performed> {
  const address = addressOf(want)
  const { result, warnings } = machine.setting.isLive
    ? await runLive(want, machine, program)
    : await runBelow(want, machine, program)
  throwIfStopped(machine.setting.signal)
  const kept = await keepOutput(machine, address, result)
  // A script that was stopped leaves nothing in a tree, and may be run again; a failed one has had its turn.
  machine.recordRun(address, result.isTimedOut ? '' : markOf(want, machine), kept)
  if (result.exitCode === 0 && !result.isTimedOut) return { warnings }
  const message = `the script ${describeRun(kept)}`
  if (want.onFailure === 'abort') {
    throw new ApplyError('command-failed', message, { hint: 'Correct the script; its output is in that file.' })
  }
  return { warnings: [...warnings, { code: result.isTimedOut ? 'script-timeout' : 'script-failed', message }] }
}

async function runBelow(want: Script, machine: Machine, program: readonly string[]) {
  const outcome = await runInTree(machine, {
    what: `script (${want.phase})`,
    argv: (directory) => [...WRAPPER, ...program, join(directory, SCRIPT_NAME)],
    account: ROOT_ACCOUNT,
    env: contextEnvironment,
    files: { [SCRIPT_NAME]: want.text.reveal(), 'user-data': machine.setting.contextText },
    timeoutMs: want.timeoutSeconds * 1000,
    outputLimit: OUTPUT_LIMIT,
  })
  const warnings = outcome.leftBehind.map((path) => ({
    code: 'not-carried-over',
    message: `${path}, made by the script, is a device, socket or pipe, or has a name that is not UTF-8`,
  }))
  if (!outcome.isUndoable) {
    warnings.push({ code: 'not-undoable', message: 'no overlay can be mounted here, so the script cannot be undone' })
  }
  return { result: outcome.result, warnings }
}

async function runLive(want: Script, machine: Machine, program: readonly string[]) {
  const { setting } = machine
  const directory = join(setting.stateDirectory, 'run', `amiconfig-${randomBytes(8).toString('hex')}`)
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    await writeFile(join(directory, SCRIPT_NAME), want.text.reveal(), { mode: 0o600 })
    await writeFile(join(directory, 'user-data'), setting.contextText, { mode: 0o600 })
  } catch (error) {
    throw fileFault(error, directory, 'written')
  }
  try {
    const call = () =>
      runProgram({
        argv: ['setpriv', '--pdeathsig', 'KILL', ...WRAPPER, ...program, join(directory, SCRIPT_NAME)],
        env: { ...environmentFor(ROOT_ACCOUNT), ...contextEnvironment(directory) },
        clock: setting.clock,
        timeoutMs: want.timeoutSeconds * 1000,
        outputLimit: OUTPUT_LIMIT,
        signal: setting.signal,
      })
    const result = await machine.effect({ what: `script (${want.phase})`, undo: [] }, call)
    return { result: result ?? NOT_RUN, warnings: [] }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

const NOT_RUN: ProgramResult = {
  exitCode: undefined,
  isTimedOut: false,
  startError: 'not run',
  output: new Uint8Array(),
  outputBytes: 0,
  durationMs: 0,
}

/** What the old agent exported for scripts. */
function contextEnvironment(directory: string): Readonly<Record<string, string>> {
  return { AMICONFIG_CONTEXT_URL: `file:${directory}`, AMICONFIG_LOCAL_USER_DATA: join(directory, 'user-data') }
}

async function interpreterFor(want: Script, machine: Machine): Promise<readonly string[] | undefined> {
  if ((await findProgram(machine.tree, '/bin/sh')) === undefined) return undefined
  const program = await findProgram(machine.tree, want.interpreter.program)
  if (program !== undefined) return want.interpreter.posix ? [program, '--posix'] : [program]
  return undefined
}
