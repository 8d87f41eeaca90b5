import { EXIT, type ExitCode } from '@muster/runtime/exit.ts'
import type { Command } from 'commander'
import { CliError } from '../cli-error.ts'
import { findCluster } from '../cluster.ts'
import type { CommandHost } from '../command-host.ts'
import { openServer } from '../server.ts'
import type { CliWorld } from '../world.ts'

interface DeleteOptions {
  readonly yes?: boolean
}

/** `muster cluster delete` */
export function addClusterDelete(parent: Command, host: CommandHost): void {
  const command = parent
    .command('delete')
    .description('delete a cluster; its machines go on with each other until their certificates end')
    .argument('<cluster>', 'name or id')
    .option('-y, --yes', 'do not ask')
  command.action((wanted: string, options: DeleteOptions) =>
    host.run(command, (world) => remove(world, wanted, options)),
  )
}

async function remove(world: CliWorld, wanted: string, options: DeleteOptions): Promise<ExitCode> {
  const api = await openServer(world)
  const { id, name } = await findCluster(world, api, wanted)
  if (options.yes !== true && !(await world.terminal.confirm(`Delete the cluster ${name} (${id})?`, world.signal))) {
    throw new CliError('declined', 'Nothing was changed')
  }
  const { etag } = await api.clusters.get(id, { signal: world.signal })
  await api.clusters.remove(id, etag, { signal: world.signal })
  world.terminal.print(`${name} is deleted.`)
  world.terminal.printJson({ clusterId: id, isDeleted: true })
  return EXIT.done
}
