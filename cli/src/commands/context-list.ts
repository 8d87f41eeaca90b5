import { allItems } from '@muster/contexts/api/paging.ts'
import { EXIT, type ExitCode } from '@muster/runtime/exit.ts'
import type { Command } from 'commander'
import type { CommandHost } from '../command-host.ts'
import { openServer } from '../server.ts'
import { formatTable } from '../table.ts'
import type { CliWorld } from '../world.ts'

interface ListOptions {
  readonly query?: string
}

/** `muster context list` */
export function addContextList(parent: Command, host: CommandHost): void {
  const command = parent
    .command('list')
    .description('list your contexts, the newest first')
    .option('--query <words>', 'only those with these words in name or description')
  command.action((options: ListOptions) => host.run(command, (world) => listContexts(world, options)))
}

async function listContexts(world: CliWorld, options: ListOptions): Promise<ExitCode> {
  const api = await openServer(world)
  const contexts = await allItems((page) => api.contexts.list({ ...page, ...options }), { signal: world.signal })
  const rows = contexts.map(({ name, latest, description, updatedAt }) => [
    name,
    String(latest.version),
    latest.format === 'age' ? 'yes' : 'no',
    String(latest.machineCount),
    updatedAt,
    description,
  ])
  const head = ['NAME', 'VERSION', 'SEALED', 'MACHINES', 'CHANGED', 'DESCRIPTION']
  world.terminal.print(rows.length === 0 ? 'No contexts.' : formatTable(world.terminal, head, rows))
  world.terminal.printJson({ contexts })
  return EXIT.done
}
