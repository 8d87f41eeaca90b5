import { EXIT } from '@muster/runtime/exit.ts'
import type { Command } from 'commander'
import { askAgent } from '../directory/ask-agent.ts'
import type { ServiceAnswer, ServicesMessage } from '../directory/control-messages.ts'
import { type AskOptions, agentPlaceOf, followOf, withAskOptions } from './ask-options.ts'
import { runCommand } from './command-error.ts'
import { type CommandIo, warn } from './command-io.ts'
import { showMessages } from './show-messages.ts'
import { standingLine } from './standing-words.ts'
import { shortPeer, spanText, textTable } from './text-table.ts'

const HEAD = ['SERVICE', 'ADDRESS', 'PORTS', 'HEALTH', 'STATUS', 'CLOUD', 'AGE', 'MEMBER'] as const
const HELP = `
The first line of a service is where it is used from here: the best instance comes first. AGE is the time since its
member last said so. Health "failing here" means that using it from this machine failed too often.

Examples:
  muster-agent services                    what the cluster has
  muster-agent services squid --watch      follow one service on the screen
  muster-agent services --watch --json     one line of JSON for each change

Exit codes: 0 done, 1 nobody provides NAME, 69 no agent runs or it is in no cluster, 77 not permitted.`

/** Adds `services`: where the services of the cluster are, as this machine sees it. */
export function registerServices(program: Command, io: CommandIo): void {
  withAskOptions(program.command('services [name]').description('show where the services of the cluster are'))
    .option('--watch', 'show changes until stopped')
    .addHelpText('after', HELP)
    .action((name: string | undefined, flags: AskOptions) =>
      runCommand(io, flags.json === true, () => services(io, name, flags)),
    )
}

async function services(io: CommandIo, name: string | undefined, flags: AskOptions) {
  const about = name === undefined ? {} : { service: name }
  const request = { v: 1, ask: 'services', ...about, follow: followOf(flags) } as const
  const messages = askAgent(await agentPlaceOf(io, flags), request, io.signal)
  const last = await showMessages(io, flags, messages, (message) => linesOf(message, name))
  const isMissing =
    name !== undefined && flags.watch !== true && last?.services.every((one) => one.answers.length === 0)
  if (isMissing && flags.json !== true) warn(io, `Nobody provides ${name} now.`)
  return isMissing ? EXIT.failed : EXIT.done
}

function linesOf(message: ServicesMessage, name: string | undefined): readonly string[] {
  const rows = message.services.flatMap(({ service, answers }) =>
    answers.map((answer, index) => rowOf(index === 0 ? service : ' ', answer)),
  )
  const standing = standingLine(message)
  const head = standing === undefined ? [] : [standing]
  if (rows.length > 0) return [...head, ...textTable(HEAD, rows)]
  return name === undefined ? [...head, `No service of cluster ${message.cluster} is known here yet.`] : head
}

function rowOf(service: string, answer: ServiceAnswer): readonly string[] {
  const { address, ports, health, status, isDemoted, cloud, ageSeconds, owner } = answer
  return [
    service,
    address,
    ports.map(({ name, port }) => `${name} ${port}`).join(', '),
    isDemoted ? 'failing here' : health,
    status,
    cloud,
    spanText(ageSeconds),
    shortPeer(owner),
  ]
}
