import type { ClusterService } from '@muster/contexts/wire/clusters.ts'
import { EXIT, type ExitCode } from '@muster/runtime/exit.ts'
import type { Command } from 'commander'
import { findCluster } from '../cluster.ts'
import type { CommandHost } from '../command-host.ts'
import { openServer } from '../server.ts'
import { formatFields, formatTable } from '../table.ts'
import type { CliWorld } from '../world.ts'

/** `muster cluster show` */
export function addClusterShow(parent: Command, host: CommandHost): void {
  const command = parent
    .command('show')
    .description('show the definition of a cluster')
    .argument('<cluster>', 'name or id')
  command.action((wanted: string) => host.run(command, (world) => show(world, wanted)))
}

async function show(world: CliWorld, wanted: string): Promise<ExitCode> {
  const cluster = await findCluster(world, await openServer(world), wanted)
  const { definition } = cluster
  const fields = formatFields(world.terminal, [
    ['name', cluster.name],
    ['id', cluster.id],
    ['description', definition.description],
    ['version', String(cluster.version)],
    ['clouds', definition.clouds.map(({ name }) => name).join(', ')],
    ['coordinator', cluster.coordinator],
    ['created', cluster.createdAt],
    ['updated', cluster.updatedAt],
  ])
  const head = ['SERVICE', 'KIND', 'MACHINES', 'PORTS', 'NEEDS', 'CONTEXT']
  world.terminal.print(`${fields}\n\n${formatTable(world.terminal, head, definition.services.map(rowOf))}`)
  world.terminal.printJson({ cluster })
  return EXIT.done
}

function rowOf(service: ClusterService): readonly string[] {
  const { name, kind, count, min = 0, max, provides = [], dependsOn = [], context = '' } = service
  const fixed = count === undefined ? '' : String(count)
  const machines = kind === 'scalable' ? `${min} to ${max ?? 'any'}` : fixed
  const ports = provides.map((port) => `${port.name}:${port.port}`).join(', ')
  return [name, kind, machines, ports, dependsOn.join(', '), context]
}
