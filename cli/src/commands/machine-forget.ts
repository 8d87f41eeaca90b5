import { printable } from '@muster/contexts/userdata/printable.ts'
import { EXIT, type ExitCode } from '@muster/runtime/exit.ts'
import type { Command } from 'commander'
import { CliError } from '../cli-error.ts'
import type { CommandHost } from '../command-host.ts'
import { findMachine } from '../machine.ts'
import { openServer } from '../server.ts'
import type { CliWorld } from '../world.ts'

interface ForgetOptions {
  readonly yes?: boolean
}

/** `muster machine forget` */
export function addMachineForget(parent: Command, host: CommandHost): void {
  const command = parent
    .command('forget')
    .description('remove a machine from your list; it stays as it is, but can no longer report')
    .argument('<machine>', 'name or id')
    .option('-y, --yes', 'do not ask')
  command.action((wanted: string, options: ForgetOptions) =>
    host.run(command, (world) => forget(world, wanted, options)),
  )
}

async function forget(world: CliWorld, wanted: string, options: ForgetOptions): Promise<ExitCode> {
  const api = await openServer(world)
  const machine = await findMachine(world, api, wanted)
  const question = `Forget ${printable(machine.name)} (${machine.id})?`
  if (options.yes !== true && !(await world.terminal.confirm(question, world.signal))) {
    throw new CliError('declined', 'Nothing was changed')
  }
  await api.machines.forget(machine.id, { signal: world.signal })
  world.terminal.print(`${printable(machine.name)} is forgotten.`)
  world.terminal.printJson({ machineId: machine.id, isForgotten: true })
  return EXIT.done
}
