import { printable } from '@muster/contexts/userdata/printable.ts'
import { EXIT, type ExitCode } from '@muster/runtime/exit.ts'
import type { Command } from 'commander'
import type { CommandHost } from '../command-host.ts'
import { findMachine } from '../machine.ts'
import { openServer } from '../server.ts'
import type { CliWorld } from '../world.ts'

/** `muster machine rename` */
export function addMachineRename(parent: Command, host: CommandHost): void {
  const command = parent
    .command('rename')
    .description('give a machine another name, in your list only')
    .argument('<machine>', 'name or id')
    .argument('<new-name>', 'the new name')
  command.action((wanted: string, name: string) => host.run(command, (world) => rename(world, wanted, name)))
}

async function rename(world: CliWorld, wanted: string, name: string): Promise<ExitCode> {
  const api = await openServer(world)
  const found = await findMachine(world, api, wanted)
  const { etag } = await api.machines.get(found.id, { signal: world.signal })
  const { value: machine } = await api.machines.change(found.id, { name }, etag, { signal: world.signal })
  world.terminal.print(`${printable(found.name)} is now named ${printable(machine.name)}.`)
  world.terminal.printJson({ machine })
  return EXIT.done
}
