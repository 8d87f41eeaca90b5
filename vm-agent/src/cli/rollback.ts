import { EXIT } from '@muster/runtime/exit.ts'
import type { Command } from 'commander'
import { recoveryLines } from '../apply/report-lines.ts'
import { rollbackApply } from '../apply/rollback.ts'
import { runCommand } from './command-error.ts'
import { type CommandIo, print, printJson, warn } from './command-io.ts'
import { applyDepsFor, decodeSeconds, type MachineOptions, withMachineOptions } from './machine-options.ts'

interface RollbackFlags extends MachineOptions {
  readonly json?: boolean
  readonly force?: boolean
  readonly wait: number
}

const NOTES = `
Takes back the last apply that changed something, or one that did not end. What cannot be undone (a script that ran on
the live system) is listed. Files that somebody has changed since are not touched without --force.
Exit codes: 0 done, 1 nothing to take back or changed since, 70 the way back failed, 75 another apply is under way.`

/** Adds `rollback`: take the last apply back. */
export function registerRollback(program: Command, io: CommandIo): void {
  withMachineOptions(program.command('rollback').description('take the last apply back'))
    .option('--force', 'bring back also what somebody has changed since')
    .option('--wait <seconds>', 'wait so long for another apply to end', decodeSeconds, 0)
    .option('--json', 'print JSON')
    .addHelpText('after', NOTES)
    .action((flags: RollbackFlags) => runCommand(io, flags.json === true, () => rollback(io, flags)))
}

async function rollback(io: CommandIo, flags: RollbackFlags) {
  const report = await rollbackApply(await applyDepsFor(io, flags), {
    waitSeconds: flags.wait,
    isForced: flags.force === true,
    onWait: (holder) => warn(io, `Waiting up to ${flags.wait} s: ${holder} holds the lock.`),
    signal: io.signal,
  })
  if (flags.json === true) {
    printJson(io, { ...report, recovery: report.recovery ?? null })
    return EXIT.done
  }
  if (report.recovery !== undefined) {
    for (const line of recoveryLines(report.recovery)) print(io, line)
    return EXIT.done
  }
  for (const line of report.irreversible) print(io, line)
  print(io, `Taken back: ${report.contextName} (${report.contextDigest.slice(0, 12)}), ${report.paths.length} paths.`)
  return EXIT.done
}
