import { EXIT } from '@muster/runtime/exit.ts'
import { type Command, Option } from 'commander'
import { SYSTEM_PATH } from '../apply/system-environment.ts'
import { loadAgentSettings } from '../config/agent-settings.ts'
import { runCommand } from './command-error.ts'
import { type CommandIo, print, printJson } from './command-io.ts'
import type { DoctorCheck, DoctorResult, DoctorSubject } from './doctor-check.ts'
import { clockCheck } from './doctor-clock.ts'
import { coordinatorCheck } from './doctor-coordinator.ts'
import { diskCheck } from './doctor-disk.ts'
import { namesCheck } from './doctor-names.ts'
import { nodeCheck } from './doctor-node.ts'
import { rightsCheck } from './doctor-rights.ts'
import { stateCheck } from './doctor-state.ts'
import { systemdCheck } from './doctor-systemd.ts'
import { toolsCheck } from './doctor-tools.ts'
import { applyDepsFor, type MachineOptions, withMachineOptions } from './machine-options.ts'

/** All checks, in the order in which they are shown. */
const CHECKS: readonly DoctorCheck[] = [
  nodeCheck,
  rightsCheck,
  stateCheck,
  diskCheck,
  toolsCheck,
  systemdCheck,
  clockCheck,
  coordinatorCheck,
  namesCheck,
]

interface DoctorFlags extends MachineOptions {
  readonly json?: boolean
  readonly coordinator?: string
  readonly config?: string
}

/** Adds `doctor`: what could keep the agent from working on this machine, and what to do about it. */
export function registerDoctor(program: Command, io: CommandIo): void {
  withMachineOptions(program.command('doctor').description('check that the agent can work on this machine'))
    .addOption(new Option('--coordinator <url>', 'address of the coordinator').env('MUSTER_COORDINATOR'))
    .option('--config <file>', 'configuration file (default: /etc/muster/agent.conf, if it is there)')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExit codes: 0 all is well (or only warnings), 1 something fails.')
    .action((flags: DoctorFlags) => runCommand(io, flags.json === true, () => doctor(io, flags)))
}

async function doctor(io: CommandIo, flags: DoctorFlags) {
  const { root, stateDirectory, clock } = await applyDepsFor(io, flags)
  const { coordinator, config } = flags
  const settings = await loadAgentSettings(
    { ...(coordinator === undefined ? {} : { coordinator }), ...(config === undefined ? {} : { config }) },
    { needsCoordinator: false },
  )
  const coordinatorUrl = settings.coordinatorUrl === '' ? undefined : settings.coordinatorUrl
  // A tree elsewhere is another machine: the names of this one are not its names.
  const dnsListen = root === '/' ? settings.dnsListen : undefined
  const subject = { root, stateDirectory, coordinatorUrl, dnsListen, clock, path: SYSTEM_PATH, signal: io.signal }
  const results = await examine(subject)
  if (flags.json === true) printJson(io, { checks: results })
  else for (const result of results) for (const line of linesOf(result)) print(io, line)
  return results.some(({ status }) => status === 'fail') ? EXIT.failed : EXIT.done
}

/** Runs all checks, each whatever the others find. */
export function examine(subject: DoctorSubject): Promise<readonly (DoctorResult & { readonly name: string })[]> {
  return Promise.all(CHECKS.map(async (check) => ({ name: check.name, ...(await check.run(subject)) })))
}

function linesOf(result: DoctorResult & { readonly name: string }): readonly string[] {
  const line = `${result.status.padEnd(5)}${result.name.padEnd(12)} ${result.message}`
  return result.hint === undefined ? [line] : [line, `${' '.repeat(18)}${result.hint}`]
}
