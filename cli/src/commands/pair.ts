import { digestText } from '@muster/contexts/context/digest.ts'
import {
  type ClaimedMachine,
  claimMachine,
  type FinishedApply,
  type ProposalAnswer,
} from '@muster/contexts/pairing/claimant.ts'
import { formatPhrase } from '@muster/contexts/pairing/phrase.ts'
import { type Pin, parsePin } from '@muster/contexts/pairing/pin.ts'
import { printable } from '@muster/contexts/userdata/printable.ts'
import type { ContextVersion } from '@muster/contexts/wire/contexts.ts'
import { EXIT, type ExitCode } from '@muster/runtime/exit.ts'
import type { Command } from 'commander'
import { CliError } from '../cli-error.ts'
import type { CommandHost } from '../command-host.ts'
import { describeMachine, showPlan, showRefusal, showStep, summarizeApply } from '../pairing-report.ts'
import { readSecretLine } from '../passphrase.ts'
import { openServer } from '../server.ts'
import { findVersion, parseContextName, plainText } from '../stored-context.ts'
import { STANDARD_INPUT } from '../text-file.ts'
import type { CliWorld } from '../world.ts'

interface PairOptions {
  readonly context: string
  readonly passphraseFile?: string
  readonly yes?: boolean
  readonly strict?: boolean
}

/** A context version with its plain text. */
interface OpenedContext {
  readonly version: ContextVersion
  readonly text: string
}

const EXAMPLES = `
Examples:
  muster pair WDJB-MJHT --context atlas            shows the machine, then what would change; asks twice
  muster pair - --context atlas@3 --yes < pin      for scripts

The last four letters of the PIN are not sent to anybody: this program and the machine prove them to each other.`

/** `muster pair` */
export function addPair(parent: Command, host: CommandHost): void {
  const command = parent
    .command('pair')
    .description('pair the machine that shows a PIN and apply a context there')
    .argument('<pin>', 'the PIN on the console, "-" reads it from standard input')
    .requiredOption('--context <name>', 'context to apply: NAME, or NAME@VERSION')
    .option('--passphrase-file <file>', 'passphrase of a sealed context, in the first line of a file')
    .option('-y, --yes', 'do not ask: it is my machine, and what the plan says is wanted')
    .option('--strict', 'the machine refuses a context with warnings')
    .addHelpText('after', EXAMPLES)
  command.action((pin: string, options: PairOptions) => host.run(command, (world) => pair(world, pin, options)))
}

async function pair(world: CliWorld, typedPin: string, options: PairOptions): Promise<ExitCode> {
  if (typedPin === STANDARD_INPUT && options.passphraseFile === STANDARD_INPUT) {
    throw new CliError('usage', 'Standard input can be read once only')
  }
  const wanted = parseContextName(options.context)
  const pin = await readPin(world, typedPin)
  const api = await openServer(world)
  const version = await findVersion(world, api, wanted)
  const context = { version, text: await plainText(world, version, options.passphraseFile) }
  const { random, clock, signal } = world
  const machine = await claimMachine({ api, pin, random, clock, signal })
  try {
    return await configure(world, machine, context, options)
  } finally {
    await machine.close()
  }
}

async function readPin(world: CliWorld, typed: string): Promise<Pin> {
  return parsePin(typed === STANDARD_INPUT ? (await readSecretLine(world, typed, 'PIN')).reveal() : typed)
}

async function configure(
  world: CliWorld,
  machine: ClaimedMachine,
  context: OpenedContext,
  options: PairOptions,
): Promise<ExitCode> {
  const { terminal } = world
  terminal.note(describeMachine(terminal, machine.claim))
  terminal.note('Only go on if this machine is in front of you. If a website or somebody else gave you the PIN, stop.')
  await agree(world, options, 'Is this your machine?')
  const { phrase } = await machine.connect()
  terminal.note(`Connected. If the console shows words, they are: ${formatPhrase(phrase)}`)
  const answer = await machine.propose(proposalOf(context, options))
  if (answer.type === 'proposal-refused') return refuse(world, machine, answer)
  showPlan(terminal, answer)
  await agreeOrWithdraw(world, machine, options)
  const finished = await machine.approve((step) => showStep(terminal, step))
  return finish(world, machine, context, finished, formatPhrase(phrase))
}

function proposalOf({ version, text }: OpenedContext, options: PairOptions) {
  const { contextId: id, contextName: name, version: number } = version
  return {
    context: { id, name, version: number, digest: digestText(text) },
    text,
    isStrict: options.strict === true,
  }
}

async function agree(world: CliWorld, options: PairOptions, question: string): Promise<void> {
  if (options.yes === true || (await world.terminal.confirm(question, world.signal))) return
  throw new CliError('declined', 'Stopped; nothing was changed on the machine')
}

async function agreeOrWithdraw(world: CliWorld, machine: ClaimedMachine, options: PairOptions): Promise<void> {
  try {
    await agree(world, options, 'Apply this?')
  } catch (error) {
    if (!world.signal.aborted) await machine.withdraw()
    throw error
  }
}

function refuse(
  world: CliWorld,
  machine: ClaimedMachine,
  answer: Extract<ProposalAnswer, { type: 'proposal-refused' }>,
): never {
  world.terminal.printJson({ pairingId: machine.claim.pairingId, isApplied: false, refusal: answer })
  showRefusal(world.terminal, answer)
  throw new CliError('invalid-context', `The machine refused the context: ${answer.message}`, {
    hint: 'The machine is yours now. Correct and publish the context, run "muster-agent pair --yes" there for a new PIN, and pair again.',
  })
}

function finish(
  world: CliWorld,
  machine: ClaimedMachine,
  context: OpenedContext,
  finished: FinishedApply,
  phrase: string,
): ExitCode {
  const { summary, report } = finished
  const { terminal } = world
  const isApplied = summary.outcome === 'applied' || summary.outcome === 'unchanged'
  for (const line of report) terminal.note(`  ${printable(line)}`)
  terminal.print(
    summarizeApply(terminal, machine.claim, `${context.version.contextName}@${context.version.version}`, summary),
  )
  const { pairingId, facts } = machine.claim
  const reference = { name: context.version.contextName, version: context.version.version }
  terminal.printJson({ pairingId, hostname: facts.hostname, context: reference, phrase, isApplied, summary, report })
  if (isApplied) return EXIT.done
  throw new CliError(
    'apply-failed',
    `The machine could not apply the context (${summary.errorCode ?? summary.outcome})`,
    {
      hint: 'Its console and "muster-agent status" there say what failed.',
    },
  )
}
