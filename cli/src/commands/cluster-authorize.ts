import { existsSync } from 'node:fs'
import type { AuthorizedMachine } from '@muster/contexts/wire/clusters.ts'
import { createFile } from '@muster/runtime/durable-file.ts'
import { EXIT, type ExitCode } from '@muster/runtime/exit.ts'
import { type Command, InvalidArgumentError } from 'commander'
import { CliError } from '../cli-error.ts'
import { findCluster } from '../cluster.ts'
import type { CommandHost } from '../command-host.ts'
import { openServer } from '../server.ts'
import type { CliWorld } from '../world.ts'

interface AuthorizeOptions {
  readonly service: string
  readonly cloud: string
  readonly slot?: number
  readonly out?: string
}

const EXAMPLES = `
Examples:
  muster cluster authorize analysis --service proxy --cloud cern --out user-data
  muster cluster authorize analysis --service head --cloud cern --slot 0     replaces the machine of slot 0

The text is the [muster] section of the machine's user-data or context. Its token is shown this once; it holds for an
hour, for one machine.`

/** `muster cluster authorize` */
export function addClusterAuthorize(parent: Command, host: CommandHost): void {
  const command = parent
    .command('authorize')
    .description('let one machine join a cluster: prints the section for its user-data')
    .argument('<cluster>', 'name or id')
    .requiredOption('--service <name>', 'service of the definition that the machine runs')
    .requiredOption('--cloud <name>', 'cloud of the definition where it stands')
    .option('--slot <number>', 'place to fill anew; its machine is fenced off (default: the lowest free one)', slotOf)
    .option('--out <file>', 'write the section to a new file that only you can read')
    .addHelpText('after', EXAMPLES)
  command.action((wanted: string, options: AuthorizeOptions) =>
    host.run(command, (world) => authorize(world, wanted, options)),
  )
}

async function authorize(world: CliWorld, wanted: string, options: AuthorizeOptions): Promise<ExitCode> {
  const api = await openServer(world)
  const { id } = await findCluster(world, api, wanted)
  const { service, cloud, slot, out } = options
  if (out !== undefined && existsSync(out)) throw unwritable(out, 'it exists')
  const wish = { service, cloud, ...(slot === undefined ? {} : { slot }) }
  const machine = await api.clusters.authorize(id, wish, { signal: world.signal })
  if (out === undefined) {
    world.terminal.printText(machine.section)
    world.terminal.printJson({ machine })
  } else {
    await writeNew(out, machine.section)
    const { section: _section, ...rest } = machine
    world.terminal.printJson({ machine: rest, file: out })
  }
  world.terminal.note(`${describe(machine)}${out === undefined ? '' : `: ${out}`}`)
  return EXIT.done
}

function describe({ service, slot, cloud, expiresAt }: AuthorizedMachine): string {
  return `${service}/${slot} in ${cloud} may join until ${expiresAt}`
}

async function writeNew(file: string, section: string): Promise<void> {
  try {
    await createFile(file, section)
  } catch (cause) {
    throw unwritable(file, cause instanceof Error ? cause.message : String(cause), cause)
  }
}

function unwritable(file: string, reason: string, cause?: unknown): CliError {
  return new CliError('bad-file', `${file} cannot be written: ${reason}`, {
    hint: 'Name a new file, and authorize the machine again.',
    ...(cause === undefined ? {} : { cause }),
  })
}

function slotOf(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 0.')
  return Number(text)
}
