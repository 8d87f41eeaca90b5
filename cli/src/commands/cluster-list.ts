import { allItems } from '@muster/contexts/api/paging.ts'
import { EXIT, type ExitCode } from '@muster/runtime/exit.ts'
import type { Command } from 'commander'
import type { CommandHost } from '../command-host.ts'
import { openServer } from '../server.ts'
import { formatTable } from '../table.ts'
import type { CliWorld } from '../world.ts'

/** `muster cluster list` */
export function addClusterList(parent: Command, host: CommandHost): void {
  const command = parent.command('list').description('list your clusters, the newest first')
  command.action(() => host.run(command, list))
}

async function list(world: CliWorld): Promise<ExitCode> {
  const api = await openServer(world)
  const clusters = await allItems((page) => api.clusters.list(page), { signal: world.signal })
  const rows = clusters.map(({ id, name, version, definition, updatedAt }) => [
    name,
    String(version),
    definition.services.map((service) => service.name).join(', '),
    definition.clouds.map((cloud) => cloud.name).join(', '),
    updatedAt,
    id,
  ])
  const head = ['NAME', 'VERSION', 'SERVICES', 'CLOUDS', 'UPDATED', 'ID']
  world.terminal.print(rows.length === 0 ? 'No clusters.' : formatTable(world.terminal, head, rows))
  world.terminal.printJson({ clusters })
  return EXIT.done
}
