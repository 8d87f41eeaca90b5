import { existsSync } from 'node:fs'
import {
  compressUserData,
  renderUserData,
  requireFit,
  USER_DATA_FORMATS,
  type UserDataFormat,
} from '@muster/contexts/bootstrap/user-data.ts'
import { DEFAULT_CHANNEL } from '@muster/contexts/release/release.ts'
import { createFile } from '@muster/runtime/durable-file.ts'
import { EXIT, type ExitCode } from '@muster/runtime/exit.ts'
import { type Command, Option } from 'commander'
import { CliError } from '../cli-error.ts'
import type { CommandHost } from '../command-host.ts'
import { chooseRelease, isLoopback, riderText, type UserDataWish } from '../user-data.ts'
import type { CliWorld } from '../world.ts'

interface UserDataOptions extends UserDataWish {
  readonly format: UserDataFormat
  readonly mirror: readonly string[]
  readonly gzip?: boolean
  readonly out?: string
}

const EXAMPLES = `
Examples:
  muster context user-data                           a machine that installs the agent and shows a PIN
  muster context user-data atlas@2 --out user-data   one that applies a stored context
  muster context user-data ./atlas.context --gzip --out user-data.gz
  muster context user-data --join join.conf --format script

What contains a slash, ends in ".context" or is "-" is a file; everything else is the name of a stored context.
Give the text to the cloud as user-data of a stock image with cloud-init, or run the script as root. Everybody in the
machine, and whoever administers the cloud, can read user-data: a context with secrets is better given by pairing.`

/** `muster context user-data` */
export function addContextUserData(parent: Command, host: CommandHost): void {
  const command = parent
    .command('user-data')
    .description('make user-data with which a stock image installs the agent')
    .argument('[context]', 'a context to ride along: NAME, NAME@VERSION or a file')
    .addOption(new Option('--format <format>', 'for whom').choices(USER_DATA_FORMATS).default('cloud-config'))
    .option('--channel <name>', 'channel of the agent to install', DEFAULT_CHANNEL)
    .option('--join <file>', 'file with a [muster] section of "muster cluster authorize"; rides along too')
    .option('--coordinator <url>', 'where the machine finds the coordinator (default: as the coordinator says)')
    .option('--mirror <url>', 'address with a copy of the dist folder, asked first; may be repeated', collect, [])
    .option('--release-key <file>', 'keys to pin and to check the channel with (default: those the coordinator names)')
    .option('--passphrase-file <file>', 'passphrase of a sealed context, in the first line; "-" for standard input')
    .option('--gzip', 'compress it, which cloud-init undoes; needs --out')
    .option('-o, --out <file>', 'write it to a new file that only you can read')
    .addHelpText('after', EXAMPLES)
  command.action((wanted: string | undefined, options: UserDataOptions) =>
    host.run(command, (world) => makeUserData(world, wanted, options)),
  )
}

async function makeUserData(world: CliWorld, wanted: string | undefined, options: UserDataOptions): Promise<ExitCode> {
  const { format, mirror: mirrors, out } = options
  if (options.gzip === true && out === undefined) {
    throw new CliError('usage', '--gzip makes bytes that no terminal shows', { hint: 'Name a file with --out.' })
  }
  if (out !== undefined && existsSync(out)) throw unwritable(out, 'it exists')
  const { release, releaseKeys, coordinatorUrl } = await chooseRelease(world, options)
  const riders = await riderText(world, wanted, options)
  const { text, sizeBytes } = renderUserData({ coordinatorUrl, mirrors, release, releaseKeys, format, ...riders })
  const content = options.gzip === true ? await compressUserData(text) : text
  const bytes = typeof content === 'string' ? sizeBytes : content.length
  requireFit(bytes, options.gzip === true)
  const { version, channel } = release
  const result = { sizeBytes: bytes, format, version, channel, coordinatorUrl }
  if (out === undefined) {
    world.terminal.printText(text)
    world.terminal.printJson({ userData: { ...result, text } })
  } else {
    await createFile(out, content).catch((cause: unknown) => {
      throw unwritable(out, cause instanceof Error ? cause.message : String(cause), cause)
    })
    world.terminal.printJson({ userData: result, file: out })
  }
  const where = out === undefined ? '' : ` in ${out}`
  world.terminal.note(`${bytes} bytes of user-data${where}: installs muster-agent ${version} from ${coordinatorUrl}`)
  for (const warning of warningsOf(coordinatorUrl, releaseKeys, riders)) {
    world.terminal.warn(`${world.terminal.paint('yellow', 'warning', 'errors')}: ${warning}`)
  }
  return EXIT.done
}

function warningsOf(
  coordinatorUrl: string,
  releaseKeys: readonly string[],
  { context, join }: Awaited<ReturnType<typeof riderText>>,
): readonly string[] {
  const warnings: string[] = []
  if (context !== undefined || join !== undefined) {
    const what =
      join === undefined ? 'the context' : context === undefined ? 'the join token' : 'context and join token'
    warnings.push(`everybody in the machine and at the cloud can read user-data, so ${what} too`)
  }
  if (isLoopback(coordinatorUrl)) {
    warnings.push(`${coordinatorUrl} is this machine only; name the coordinator's address with --coordinator`)
  }
  if (releaseKeys.length === 0) warnings.push('no release key is pinned, so the agent will not update itself')
  return warnings
}

function unwritable(file: string, reason: string, cause?: unknown): CliError {
  return new CliError('bad-file', `${file} cannot be written: ${reason}`, {
    hint: 'Name a new file.',
    ...(cause === undefined ? {} : { cause }),
  })
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value]
}
