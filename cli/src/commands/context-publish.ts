import type { ApiClient } from '@muster/contexts/api/client.ts'
import { digestText } from '@muster/contexts/context/digest.ts'
import { isSealed, sealText } from '@muster/contexts/context/seal.ts'
import { printable } from '@muster/contexts/userdata/printable.ts'
import type { Context, ContextFormat } from '@muster/contexts/wire/contexts.ts'
import { EXIT, type ExitCode } from '@muster/runtime/exit.ts'
import type { Command } from 'commander'
import { checkContext, invalidContext, showDiagnostics } from '../checked-context.ts'
import { CliError } from '../cli-error.ts'
import type { CommandHost } from '../command-host.ts'
import { readNewPassphrase } from '../passphrase.ts'
import { openServer } from '../server.ts'
import { parseContextName } from '../stored-context.ts'
import { STANDARD_INPUT } from '../text-file.ts'
import type { CliWorld } from '../world.ts'

interface PublishOptions {
  readonly name: string
  readonly note?: string
  readonly description?: string
  readonly seal?: boolean
  readonly plain?: boolean
  readonly passphraseFile?: string
  readonly strict?: boolean
}

interface Body {
  readonly format: ContextFormat
  readonly body: string
}

const EXAMPLES = `
Examples:
  muster context publish atlas.context --name atlas --note "more slots"
  muster context publish atlas.context --name atlas --seal --passphrase-file pass.txt

A sealed context is encrypted here: the coordinator cannot read it, and nobody can without the passphrase.`

/** `muster context publish` */
export function addContextPublish(parent: Command, host: CommandHost): void {
  const command = parent
    .command('publish')
    .description('store a context as a new version; the first makes the context')
    .argument('<file>', 'a file, plain or gzip; "-" is standard input; a sealed text (age) is stored as it is')
    .requiredOption('--name <name>', 'name of the context')
    .option('--note <text>', 'what is new, one sentence')
    .option('--description <text>', 'what the context is for; kept when left out')
    .option('--seal', 'encrypt it with a passphrase first')
    .option('--plain', 'publish readable although the version before is sealed')
    .option('--passphrase-file <file>', 'passphrase in the first line of a file, "-" for standard input')
    .option('--strict', 'warnings count as errors')
    .addHelpText('after', EXAMPLES)
  command.action((file: string, options: PublishOptions) => host.run(command, (world) => publish(world, file, options)))
}

async function publish(world: CliWorld, file: string, options: PublishOptions): Promise<ExitCode> {
  refuseContradictions(file, options)
  const text = await usableText(world, file, options)
  const api = await openServer(world)
  const current = await findCurrent(world, api, options.name)
  refuseUnsealing(current, text, options)
  if (current?.latest.format === 'plain' && options.seal !== true && current.latest.digest === digestText(text)) {
    return report(world, current, false)
  }
  const stored = await store(world, api, current, await bodyOf(world, text, options), options)
  return report(world, stored, true)
}

function refuseContradictions(file: string, options: PublishOptions): void {
  if (parseContextName(options.name).version !== undefined) {
    throw new CliError('usage', 'A version is numbered by the coordinator', { hint: 'Give the name alone.' })
  }
  if (options.seal === true && options.plain === true) {
    throw new CliError('usage', '--seal and --plain exclude each other')
  }
  if (options.passphraseFile !== undefined && options.seal !== true) {
    throw new CliError('usage', '--passphrase-file needs --seal')
  }
  if (file === STANDARD_INPUT && options.passphraseFile === STANDARD_INPUT) {
    throw new CliError('usage', 'Standard input can be read once only')
  }
}

/** The text to publish: sealed already, or usable. */
async function usableText(world: CliWorld, file: string, options: PublishOptions): Promise<string> {
  const context = await checkContext(world, file, options)
  if (isSealed(context.text)) return context.text
  if (context.diagnostics.length > 0) world.terminal.warn(showDiagnostics(world, context, false))
  if (context.plan === undefined) throw invalidContext(context)
  return context.text
}

async function findCurrent(world: CliWorld, api: ApiClient, name: string): Promise<Context | undefined> {
  const { items } = await api.contexts.list({ name, signal: world.signal })
  return items.find((context) => context.name === name)
}

function refuseUnsealing(current: Context | undefined, text: string, options: PublishOptions): void {
  const staysReadable = options.seal !== true && options.plain !== true && !isSealed(text)
  if (current?.latest.format !== 'age' || !staysReadable) return
  throw new CliError('usage', `"${options.name}" is sealed; this would publish it readable`, {
    hint: 'Add --seal, or --plain if its readers may be anybody at the coordinator.',
  })
}

async function bodyOf(world: CliWorld, text: string, options: PublishOptions): Promise<Body> {
  if (options.seal !== true) return { format: isSealed(text) ? 'age' : 'plain', body: text }
  if (isSealed(text)) throw new CliError('usage', 'The text is sealed already', { hint: 'Leave --seal out.' })
  const passphrase = await readNewPassphrase(world, options.passphraseFile)
  world.terminal.note('Sealing …')
  return { format: 'age', body: await sealText(text, passphrase) }
}

async function store(
  world: CliWorld,
  api: ApiClient,
  current: Context | undefined,
  body: Body,
  { name, note = '', description }: PublishOptions,
): Promise<Context> {
  const call = { signal: world.signal }
  if (current === undefined) {
    return (await api.contexts.create({ name, description: description ?? '', note, ...body }, call)).value
  }
  const { etag } = await api.contexts.get(current.id, call)
  const published = await api.contexts.publish(current.id, { note, ...body }, etag, call)
  if (description === undefined || description === published.value.description) return published.value
  return (await api.contexts.change(current.id, { description }, published.etag, call)).value
}

function report(world: CliWorld, context: Context, isNew: boolean): ExitCode {
  const { version, format } = context.latest
  const name = printable(context.name)
  const how = format === 'age' ? 'sealed' : 'readable by the coordinator'
  world.terminal.print(isNew ? `Published ${name}@${version} (${how}).` : `${name}@${version} holds this text already.`)
  world.terminal.printJson({ context, isNew })
  return EXIT.done
}
