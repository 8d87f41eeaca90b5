import { EXIT, type ExitCode } from '@muster/runtime/exit.ts'
import type { Command } from 'commander'
import { diagnosticJson } from '../checked-context.ts'
import { checkCluster } from '../cluster.ts'
import type { CommandHost } from '../command-host.ts'
import type { CliWorld } from '../world.ts'

/** `muster cluster validate` */
export function addClusterValidate(parent: Command, host: CommandHost): void {
  const command = parent
    .command('validate')
    .description('check a definition file offline: every problem with its line and column')
    .argument('<file>', 'YAML or JSON; "-" is standard input')
  command.action((file: string) => host.run(command, (world) => validate(world, file)))
}

async function validate(world: CliWorld, file: string): Promise<ExitCode> {
  const { file: name, cluster, diagnostics } = await checkCluster(world, file)
  if (diagnostics.length === 0) world.terminal.note(`${name}: no problems`)
  const isValid = cluster !== undefined
  world.terminal.printJson({ isValid, file: name, diagnostics: diagnostics.map(diagnosticJson) })
  return isValid ? EXIT.done : EXIT.badInput
}
