import { systemClock } from '@muster/runtime/clock.ts'
import { EXIT } from '@muster/runtime/exit.ts'
import type { Command } from 'commander'
import { askAgent } from '../directory/ask-agent.ts'
import type { MemberLine, MembersMessage } from '../directory/control-messages.ts'
import { type AskOptions, agentPlaceOf, followOf, withAskOptions } from './ask-options.ts'
import { runCommand } from './command-error.ts'
import type { CommandIo } from './command-io.ts'
import { showMessages } from './show-messages.ts'
import { standingLine } from './standing-words.ts'
import { shortPeer, spanText, textTable } from './text-table.ts'

const HEAD = ['MEMBER', 'ROLE', 'CLOUD', 'STATUS', 'CONNECTION', 'ADDRESS', 'HEARD', 'CERTIFICATE', 'PEER'] as const
/** Those who keep the cluster together come first. */
const ROLES: readonly string[] = ['coordinator', 'cloud-agent', 'demand-owner', 'fixed', 'worker']
const STATUSES = ['alive', 'suspect', 'gone', 'left'] as const
const HELP = `
MEMBER is service and slot. HEARD is the time since the member's last record, CERTIFICATE the time until its
certificate ends; it is renewed long before. Who has no CONNECTION is heard of through others.

Exit codes: 0 done, 69 no agent runs or it is in no cluster, 77 not permitted.`

/** Adds `members`: who is in the cluster, as this machine sees it. */
export function registerMembers(program: Command, io: CommandIo): void {
  withAskOptions(program.command('members').description('show who is in the cluster'))
    .option('--watch', 'show changes until stopped')
    .addHelpText('after', HELP)
    .action((flags: AskOptions) => runCommand(io, flags.json === true, () => members(io, flags)))
}

async function members(io: CommandIo, flags: AskOptions) {
  const request = { v: 1, ask: 'members', follow: followOf(flags) } as const
  const messages = askAgent(await agentPlaceOf(io, flags), request, io.signal)
  await showMessages(io, flags, messages, (message) => linesOf(message, systemClock.now()))
  return EXIT.done
}

function linesOf(message: MembersMessage, now: number): readonly string[] {
  const standing = standingLine(message)
  const head = standing === undefined ? [] : [standing]
  const sorted = message.members.toSorted(compareMembers)
  if (sorted.length === 0) return [...head, `No member of cluster ${message.cluster} is known here yet.`]
  return [
    ...head,
    ...textTable(
      HEAD,
      sorted.map((member) => rowOf(member, now)),
    ),
    summaryOf(message),
  ]
}

function rowOf(member: MemberLine, now: number): readonly string[] {
  const { service, slot, role, cloud, status, address, heardSecondsAgo, certificateExpiresAt, peer } = member
  const left = certificateExpiresAt === undefined ? undefined : (Date.parse(certificateExpiresAt) - now) / 1000
  return [
    `${service}/${slot}`,
    role,
    cloud,
    status,
    connectionOf(member),
    address ?? '',
    heardSecondsAgo === undefined ? '' : spanText(heardSecondsAgo),
    certificateWords(left),
    shortPeer(peer),
  ]
}

function connectionOf({ isSelf, connection }: MemberLine): string {
  if (isSelf) return 'this machine'
  if (connection === undefined) return ''
  const way = connection.isRelayed ? 'relayed' : 'direct'
  return connection.rttMs === undefined ? way : `${way} ${connection.rttMs.toFixed(connection.rttMs < 10 ? 1 : 0)} ms`
}

function certificateWords(secondsLeft: number | undefined): string {
  if (secondsLeft === undefined) return ''
  return secondsLeft > 0 ? spanText(secondsLeft) : 'expired'
}

function summaryOf({ members: all, cluster }: MembersMessage): string {
  const counts = STATUSES.map((status) => ({ status, count: all.filter((one) => one.status === status).length }))
  const words = counts.filter(({ count }) => count > 0).map(({ status, count }) => `${count} ${status}`)
  const connected = all.filter((one) => one.connection !== undefined).length
  return `${all.length} in cluster ${cluster}: ${words.join(', ')}; connected to ${connected}.`
}

function compareMembers(left: MemberLine, right: MemberLine): number {
  return (
    ROLES.indexOf(left.role) - ROLES.indexOf(right.role) ||
    compareTexts(left.cloud, right.cloud) ||
    compareTexts(left.service, right.service) ||
    left.slot - right.slot ||
    compareTexts(left.peer, right.peer)
  )
}

function compareTexts(left: string, right: string): number {
  return left < right ? -1 : Number(left > right)
}
