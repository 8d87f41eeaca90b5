import { addressOf } from '@muster/contexts/plan/resource.ts'
import { findAccount, readAccountFiles, supplementaryIds } from '../../accounts/account-files.ts'
import { ApplyError, throwIfStopped } from '../apply-error.ts'
import { findProgram } from '../find-program.ts'
import { type Machine, resolveOn } from '../machine.ts'
import { describeRun, keepOutput, OUTPUT_LIMIT } from '../program-output.ts'
import { runInTree } from '../run-in-tree.ts'
import { type ProgramResult, runProgram } from '../run-program.ts'
import { environmentFor, type ProgramAccount, ROOT_ACCOUNT } from '../system-environment.ts'
import {
  AS_WANTED,
  type HandlerWarning,
  notDoneHere,
  type Performed,
  type ResourceHandler,
  type ResourceOf,
} from './handler.ts'

type Command = ResourceOf<'command'>

/** A program of the machine, run once for each context or until the path that it makes exists. */
export const commandHandler: ResourceHandler<'command'> = {
  kind: 'command',
  async inspect(want, machine) {
    const { setting } = machine
    if (await isComplete(want, machine)) return AS_WANTED
    if (!setting.isRoot) return notDoneHere(`the command ${want.name} was not run: only root can`, true)
    const [program = ''] = want.argv
    if ((await findProgram(machine.tree, program)) === undefined) {
      const reason = `the command ${want.name} was not run: the machine has no ${program}`
      if (want.onFailure === 'continue') return notDoneHere(reason, false)
      throw new ApplyError('command-failed', reason, { hint: `Install ${program} into the image.` })
    }
    return {
      action: 'run',
      undo: setting.isLive ? 'none' : 'exact',
      perform: (target) => (target.isPreview ? Promise.resolve(undefined) : run(want, target)),
    }
  },
}

async function isComplete(want: Command, machine: Machine): Promise<boolean> {
  const { completion } = want
  const { contextDigest, isForced } = machine.setting
  if ('oncePer' in completion) return machine.ledger.get(addressOf(want)) === contextDigest && !isForced
  return (await machine.tree.entry(await resolveOn(machine, completion.creates))) !== undefined
}

async function run(want: Command, machine: Machine): Promise<Performed> {
  const account = await accountFor(want, machine)
  const { result, warnings } = machine.setting.isLive
    ? { result: await runLive(want, machine, account), warnings: [] }
    : await runBelow(want, machine, account)
  throwIfStopped(machine.setting.signal)
  const kept = await keepOutput(machine, addressOf(want), result)
  machine.recordRun(addressOf(want), result.isTimedOut ? '' : machine.setting.contextDigest, kept)
  if (result.exitCode === 0 && !result.isTimedOut)
    return { warnings: [...warnings, ...(await missingResult(want, machine))] }
  const message = `the command ${want.name} ${describeRun(kept)}`
  if (want.onFailure === 'continue') return { warnings: [...warnings, { code: 'command-failed', message }] }
  throw new ApplyError('command-failed', message, { hint: 'Its output is in that file.' })
}

async function missingResult(want: Command, machine: Machine): Promise<readonly HandlerWarning[]> {
  if ('oncePer' in want.completion || (await isComplete(want, machine))) return []
  const message = `the command ${want.name} ended well but did not make ${want.completion.creates}`
  return [{ code: 'command-incomplete', message }]
}

async function runBelow(want: Command, machine: Machine, account: ProgramAccount) {
  const outcome = await runInTree(machine, {
    what: `command ${want.name}`,
    argv: () => want.argv,
    account,
    timeoutMs: want.timeoutSeconds * 1000,
    outputLimit: OUTPUT_LIMIT,
  })
  const warnings: readonly HandlerWarning[] = outcome.leftBehind.map((path) => ({
    code: 'not-carried-over',
    message: `${path}, made by the command ${want.name}, is a device, socket or pipe, or has an unusual name`,
  }))
  return { result: outcome.result, warnings }
}

async function runLive(want: Command, machine: Machine, account: ProgramAccount): Promise<ProgramResult> {
  const { setting } = machine
  const groups = account.groups.length > 0 ? [`--groups=${account.groups.join(',')}`] : ['--clear-groups']
  const identity = account.uid === 0 ? [] : [`--reuid=${account.uid}`, `--regid=${account.gid}`, ...groups]
  const call = () =>
    runProgram({
      argv: ['setpriv', '--pdeathsig', 'KILL', ...identity, '--', ...want.argv],
      env: environmentFor(account),
      clock: setting.clock,
      timeoutMs: want.timeoutSeconds * 1000,
      outputLimit: OUTPUT_LIMIT,
      signal: setting.signal,
    })
  const result = await machine.effect({ what: `command ${want.name}`, undo: [] }, call)
  if (result !== undefined) return result
  throw new ApplyError('command-failed', 'a command was asked for in a dry run', { hint: 'Report this as a fault.' })
}

async function accountFor(want: Command, machine: Machine): Promise<ProgramAccount> {
  if (want.runAs === undefined || want.runAs === 'root') return ROOT_ACCOUNT
  const files = await readAccountFiles(machine.tree)
  const account = findAccount(files, want.runAs)
  if (account !== undefined) return { ...account, groups: supplementaryIds(files, account.name) }
  throw new ApplyError('unknown-account', `there is no account ${want.runAs} to run ${want.name} as`, {
    hint: `Let the context make the user ${want.runAs} first.`,
  })
}
