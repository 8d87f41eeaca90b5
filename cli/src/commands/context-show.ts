import { allItems } from '@muster/contexts/api/paging.ts'
import { EXIT, type ExitCode } from '@muster/runtime/exit.ts'
import type { Command } from 'commander'
import type { CommandHost } from '../command-host.ts'
import { openServer } from '../server.ts'
import { findContext, findVersion, parseContextName, plainText } from '../stored-context.ts'
import { formatFields, formatTable } from '../table.ts'
import type { CliWorld } from '../world.ts'

interface ShowOptions {
  readonly text?: boolean
  readonly passphraseFile?: string
}

/** `muster context show` */
export function addContextShow(parent: Command, host: CommandHost): void {
  const command = parent
    .command('show')
    .description('show a context and its versions, or with --text what a version says')
    .argument('<name>', 'NAME, or NAME@VERSION')
    .option('--text', 'print the text; a sealed one is opened here, with its passphrase')
    .option('--passphrase-file <file>', 'passphrase in the first line of a file, "-" for standard input')
  command.action((name: string, options: ShowOptions) => host.run(command, (world) => show(world, name, options)))
}

async function show(world: CliWorld, input: string, options: ShowOptions): Promise<ExitCode> {
  const wanted = parseContextName(input)
  const api = await openServer(world)
  if (options.text === true) {
    const version = await findVersion(world, api, wanted)
    const text = await plainText(world, version, options.passphraseFile)
    const { body: _sealed, ...info } = version
    world.terminal.printText(text)
    world.terminal.printJson({ version: info, text })
    return EXIT.done
  }
  const context = await findContext(world, api, wanted.name)
  const all = await allItems((page) => api.contexts.listVersions(context.id, page), { signal: world.signal })
  const versions = all.filter(({ version }) => wanted.version === undefined || version === wanted.version)
  world.terminal.print(
    formatFields(world.terminal, [
      ['name', context.name],
      ['description', context.description || undefined],
      ['id', context.id],
      ['changed', context.updatedAt],
    ]),
  )
  const rows = versions.map((version) => [
    String(version.version),
    version.format === 'age' ? 'yes' : 'no',
    String(version.sizeBytes),
    String(version.machineCount),
    version.createdAt,
    version.note,
  ])
  world.terminal.print('')
  world.terminal.print(formatTable(world.terminal, ['VERSION', 'SEALED', 'BYTES', 'MACHINES', 'CREATED', 'NOTE'], rows))
  world.terminal.printJson({ context, versions })
  return EXIT.done
}
