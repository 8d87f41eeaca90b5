import { EXIT, type ExitCode } from '@muster/runtime/exit.ts'
import type { Command } from 'commander'
import type { CommandHost } from '../command-host.ts'
import { describeContext, listMachines } from '../machine.ts'
import { openServer } from '../server.ts'
import { formatTable } from '../table.ts'
import type { CliWorld } from '../world.ts'

/** `muster machine list` */
export function addMachineList(parent: Command, host: CommandHost): void {
  const command = parent.command('list').description('list your machines, the newest first')
  command.action(() => host.run(command, list))
}

async function list(world: CliWorld): Promise<ExitCode> {
  const machines = await listMachines(world, await openServer(world))
  const rows = machines.map((machine) => [
    machine.name,
    machine.isOnline ? machine.status.state : 'silent',
    describeContext(machine),
    machine.status.addresses[0] ?? '',
    machine.lastSeenAt,
    machine.id,
  ])
  const head = ['NAME', 'STATE', 'CONTEXT', 'ADDRESS', 'LAST SEEN', 'ID']
  world.terminal.print(rows.length === 0 ? 'No machines.' : formatTable(world.terminal, head, rows))
  world.terminal.printJson({ machines })
  return EXIT.done
}
