import type { ApiClient } from '@muster/contexts/api/client.ts'
import type { Cluster, NewCluster } from '@muster/contexts/wire/clusters.ts'
import { EXIT, type ExitCode } from '@muster/runtime/exit.ts'
import type { Command } from 'commander'
import { CliError } from '../cli-error.ts'
import { checkCluster, invalidCluster } from '../cluster.ts'
import type { CommandHost } from '../command-host.ts'
import { openServer } from '../server.ts'
import type { CliWorld } from '../world.ts'

interface CreateOptions {
  readonly update?: boolean
}

const EXAMPLES = `
Examples:
  muster cluster create analysis.yaml
  muster cluster create analysis.yaml --update     publish a further version, if there is the cluster already`

/** `muster cluster create` */
export function addClusterCreate(parent: Command, host: CommandHost): void {
  const command = parent
    .command('create')
    .description('make a cluster from its definition file')
    .argument('<file>', 'YAML or JSON; "-" is standard input')
    .option('--update', 'publish a further version when there is a cluster of this name')
    .addHelpText('after', EXAMPLES)
  command.action((file: string, options: CreateOptions) => host.run(command, (world) => create(world, file, options)))
}

async function create(world: CliWorld, file: string, options: CreateOptions): Promise<ExitCode> {
  const checked = await checkCluster(world, file)
  if (checked.cluster === undefined) throw invalidCluster(checked)
  const api = await openServer(world)
  const [present] = (await api.clusters.list({ name: checked.cluster.name, signal: world.signal })).items
  if (present !== undefined && options.update !== true) {
    throw new CliError('usage', `You have a cluster named "${present.name}"`, {
      hint: 'Add --update to publish a further version of its definition.',
    })
  }
  const cluster = await publish(world, api, present, checked.cluster)
  const { name, id, version } = cluster
  world.terminal.print(`${present === undefined ? 'Made' : 'Updated'} ${name} (${id}), version ${version}.`)
  world.terminal.printJson({ cluster, isNew: present === undefined })
  return EXIT.done
}

async function publish(
  world: CliWorld,
  api: ApiClient,
  present: Cluster | undefined,
  wish: NewCluster,
): Promise<Cluster> {
  const call = { signal: world.signal }
  if (present === undefined) return (await api.clusters.create(wish, call)).value
  const { name: _name, ...definition } = wish
  const { etag } = await api.clusters.get(present.id, call)
  return (await api.clusters.define(present.id, definition, etag, call)).value
}
