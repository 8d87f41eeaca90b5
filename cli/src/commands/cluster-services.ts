import type { ClusterMesh } from '@muster/contexts/wire/clusters.ts'
import { EXIT, type ExitCode } from '@muster/runtime/exit.ts'
import type { Command } from 'commander'
import { describeAge, showMesh } from '../cluster.ts'
import type { CommandHost } from '../command-host.ts'
import { formatTable } from '../table.ts'
import type { CliWorld } from '../world.ts'

interface ServicesOptions {
  readonly watch?: boolean
}

/** `muster cluster services` */
export function addClusterServices(parent: Command, host: CommandHost): void {
  const command = parent
    .command('services')
    .description('show where the services of a cluster can be had, best first as seen from the coordinator')
    .argument('<cluster>', 'name or id')
    .option('--watch', 'show changes until Ctrl-C')
  command.action((wanted: string, options: ServicesOptions) =>
    host.run(command, (world) => services(world, wanted, options)),
  )
}

async function services(world: CliWorld, wanted: string, options: ServicesOptions): Promise<ExitCode> {
  await showMesh(world, wanted, {
    isWatching: options.watch === true,
    lines: (mesh) => formatTable(world.terminal, HEAD, mesh.services.flatMap(rowsOf)),
    json: ({ clusterId, updatedAt, services: all }) => ({ clusterId, updatedAt, services: all }),
    essence: ({ services: all }) =>
      all.map(({ name, answers }) => [name, answers.map(({ ageMs: _age, ...answer }) => answer)]),
  })
  return EXIT.done
}

const HEAD = ['SERVICE', 'ADDRESS', 'PORTS', 'CLOUD', 'HEALTH', 'STATUS', 'AGE']

function rowsOf({ name, answers }: ClusterMesh['services'][number]): readonly (readonly string[])[] {
  if (answers.length === 0) return [[name, 'nowhere', '', '', '', '', '']]
  return answers.map(({ address, ports, cloud, health, status, ageMs }) => [
    name,
    address,
    ports.map((port) => `${port.name}:${port.port}`).join(', '),
    cloud,
    health,
    status,
    describeAge(ageMs),
  ])
}
