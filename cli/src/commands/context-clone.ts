import { printable } from '@muster/contexts/userdata/printable.ts'
import { EXIT, type ExitCode } from '@muster/runtime/exit.ts'
import type { Command } from 'commander'
import type { CommandHost } from '../command-host.ts'
import { openServer } from '../server.ts'
import { findVersion, parseContextName } from '../stored-context.ts'
import type { CliWorld } from '../world.ts'

/** `muster context clone` */
export function addContextClone(parent: Command, host: CommandHost): void {
  const command = parent
    .command('clone')
    .description('make a new context from a version; a sealed one stays sealed with the same passphrase')
    .argument('<name>', 'NAME, or NAME@VERSION')
    .argument('<new-name>', 'name of the new context')
  command.action((name: string, target: string) => host.run(command, (world) => clone(world, name, target)))
}

async function clone(world: CliWorld, name: string, target: string): Promise<ExitCode> {
  const api = await openServer(world)
  const source = await findVersion(world, api, parseContextName(name))
  const { name: newName } = parseContextName(target)
  const note = `from ${source.contextName}@${source.version}`
  const { format, body } = source
  const created = await api.contexts.create(
    { name: newName, description: '', note, format, body },
    { signal: world.signal },
  )
  world.terminal.print(`Made ${printable(created.value.name)}@1 from ${printable(name)}.`)
  world.terminal.printJson({ context: created.value, isNew: true })
  return EXIT.done
}
