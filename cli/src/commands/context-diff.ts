import type { ApiClient } from '@muster/contexts/api/client.ts'
import { printable } from '@muster/contexts/userdata/printable.ts'
import { EXIT, type ExitCode } from '@muster/runtime/exit.ts'
import type { Command } from 'commander'
import { createTwoFilesPatch } from 'diff'
import { readContextText } from '../checked-context.ts'
import type { CommandHost } from '../command-host.ts'
import { openServer } from '../server.ts'
import { findVersion, parseContextName, plainText } from '../stored-context.ts'
import type { CliWorld } from '../world.ts'

interface DiffOptions {
  readonly passphraseFile?: string
  readonly file?: string
}

interface Side {
  readonly label: string
  readonly text: string
}

const EXAMPLES = `
Examples:
  muster context diff atlas@1 atlas@2
  muster context diff atlas --file atlas.context       what publishing the file would change

Exit code 0: equal; 2: different.`

/** `muster context diff` */
export function addContextDiff(parent: Command, host: CommandHost): void {
  const command = parent
    .command('diff')
    .description('compare two versions, or a version with a file')
    .argument('<name>', 'NAME, or NAME@VERSION')
    .argument('[other]', 'NAME, or NAME@VERSION; without it and --file, the version before the first is compared')
    .option('--file <file>', 'compare with this file, "-" for standard input')
    .option('--passphrase-file <file>', 'passphrase of sealed versions, in the first line of a file')
    .addHelpText('after', EXAMPLES)
  command.action((name: string, other: string | undefined, options: DiffOptions) =>
    host.run(command, (world) => compare(world, name, other, options)),
  )
}

async function compare(
  world: CliWorld,
  name: string,
  other: string | undefined,
  options: DiffOptions,
): Promise<ExitCode> {
  const api = await openServer(world)
  const [from, to] = await sides(world, api, name, other, options)
  const isEqual = from.text === to.text
  const patch = isEqual ? '' : createTwoFilesPatch(from.label, to.label, from.text, to.text, '', '')
  const [, ...lines] = patch.trimEnd().split('\n')
  for (const line of lines) world.terminal.print(paintLine(world, line))
  if (isEqual) world.terminal.note(`${from.label} and ${to.label} are equal.`)
  world.terminal.printJson({ from: from.label, to: to.label, isEqual, patch: lines.join('\n') })
  return isEqual ? EXIT.done : EXIT.differences
}

async function sides(
  world: CliWorld,
  api: ApiClient,
  name: string,
  other: string | undefined,
  options: DiffOptions,
): Promise<readonly [Side, Side]> {
  const stored = async (input: string): Promise<Side> => {
    const version = await findVersion(world, api, parseContextName(input))
    const label = `${version.contextName}@${version.version}`
    return { label, text: await plainText(world, version, options.passphraseFile) }
  }
  const first = await stored(name)
  if (options.file !== undefined) {
    return [first, { label: options.file, text: (await readContextText(world, options.file)).text }]
  }
  if (other !== undefined) return [first, await stored(other)]
  const [base, version] = first.label.split('@')
  const before = Number(version) - 1
  return before === 0 ? [{ label: 'nothing', text: '' }, first] : [await stored(`${base}@${before}`), first]
}

function paintLine(world: CliWorld, line: string): string {
  const safe = printable(line)
  if (line.startsWith('+')) return world.terminal.paint('green', safe)
  if (line.startsWith('-')) return world.terminal.paint('red', safe)
  return line.startsWith('@@') ? world.terminal.paint('cyan', safe) : safe
}
