import { EXIT } from '@muster/runtime/exit.ts'
import type { Command } from 'commander'
import { readApplyStatus } from '../apply/apply-status.ts'
import { loadAgentSettings } from '../config/agent-settings.ts'
import { AGENT_VERSION } from '../facts/agent-version.ts'
import { readMachineFacts } from '../facts/machine-facts.ts'
import { loadPairingRecord } from '../identity/pairing-record.ts'
import { loadLedger } from '../update/ledger.ts'
import { runCommand } from './command-error.ts'
import { type CommandIo, print } from './command-io.ts'
import { applyDepsFor, type MachineOptions, withMachineOptions } from './machine-options.ts'

/**
 * Adds `self-test`, by which the version before asks whether this one works here: it loads all of the program, and reads
 * the settings and the state. Changes nothing.
 */
export function registerSelfTest(program: Command, io: CommandIo): void {
  withMachineOptions(program.command('self-test', { hidden: true }).description('check that this program works here'))
    .option('--config <file>', 'configuration file (default: /etc/muster/agent.conf, if it is there)')
    .action((flags: MachineOptions & { readonly config?: string }) => runCommand(io, false, () => selfTest(io, flags)))
}

async function selfTest(io: CommandIo, flags: MachineOptions & { readonly config?: string }) {
  const { root, stateDirectory, clock } = await applyDepsFor(io, flags)
  await Promise.all([import('./run.ts'), import('../mesh/open-network-session.ts')])
  await loadAgentSettings(flags.config === undefined ? {} : { config: flags.config }, { needsCoordinator: false })
  await Promise.all([loadPairingRecord(stateDirectory), readApplyStatus(stateDirectory), loadLedger(stateDirectory)])
  await readMachineFacts({ clock }, { root, signal: io.signal })
  print(io, `${AGENT_VERSION} works here`)
  return EXIT.done
}
