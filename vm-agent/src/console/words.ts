import { printable } from '@muster/contexts/userdata/printable.ts'
import { type InterruptedApply, interruptedApply, interruptedWords } from '@muster/contexts/wire/interrupted-apply.ts'
import type { ApplySummary, ContextReference } from '@muster/contexts/wire/machines.ts'
import { isoTime } from '@muster/runtime/iso-time.ts'
import { type MeshView, meshWords } from '../mesh/mesh-view.ts'
import { TROUBLE_HINTS } from '../pairing/trouble.ts'
import type { UserDataView } from '../sources/user-data-view.ts'
import type { ActivityView, ConsoleView, OutageView } from './view.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
/** A clock that is off by more breaks certificates and makes the times in logs useless. */
const WORRYING_SKEW_MS = 2 * MINUTE

/**
 * Text that a terminal can be trusted with. Names come from the network and from files: they could hold sequences that
 * steer a terminal.
 */
export function safeText(text: string, isUnicode: boolean): string {
  const shown = printable(text)
  return isUnicode ? shown : shown.replaceAll(/[^\x20-\x7e]/gu, '?')
}

/** Words of a text in lines of at most `width` characters; longer words are cut into pieces. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ').flatMap((long) => pieces(long, width))) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return line === '' ? lines : [...lines, line]
}

function pieces(word: string, width: number): readonly string[] {
  return word.length <= width ? [word] : [word.slice(0, width), ...pieces(word.slice(width), width)]
}

/** Time that is left: in minutes, rounded up, and in seconds during the last. */
export function countdown(ms: number): string {
  if (ms > MINUTE) return count(Math.ceil(ms / MINUTE), 'minute')
  return count(Math.max(0, Math.ceil(ms / SECOND)), 'second')
}

/** How long until `countdown` of this duration changes. */
export function countdownStepMs(ms: number): number {
  const unit = ms > MINUTE ? MINUTE : SECOND
  const rest = ms % unit
  return rest <= 0 ? unit : rest
}

/** `1 thing`, `2 things`. */
export function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`
}

/** Name and version of a context, or the start of its digest when nobody named it. */
export function contextWords(context: ContextReference): string {
  const name = context.name === '' ? context.digest.slice(0, 12) : context.name
  return context.version === undefined ? name : `${name}, version ${context.version}`
}

const OUTCOMES: Readonly<Record<ApplySummary['outcome'], string>> = {
  applied: 'applied',
  unchanged: 'nothing to change',
  'rolled-back': 'FAILED, and everything was taken back',
  'rollback-failed': 'FAILED, and could not be taken back: the machine is half-way',
  refused: 'refused, nothing was changed',
  waiting: 'waiting for other machines of the cluster',
}

/** The end of the last apply in one sentence. */
export function applyWords(summary: ApplySummary): string {
  const interrupted = interruptedApply(summary)
  if (interrupted !== undefined) return interruptedTimes(interrupted)
  const parts = [OUTCOMES[summary.outcome]]
  if (summary.errorCode !== undefined) parts.push(`(${summary.errorCode})`)
  const numbers = [count(summary.changes, 'change')]
  if (summary.warnings > 0) numbers.push(count(summary.warnings, 'warning'))
  if (summary.notDone > 0) numbers.push(`${summary.notDone} not done`)
  return `${parts.join(' ')}: ${numbers.join(', ')}, ${(summary.durationMs / SECOND).toFixed(1)} s`
}

function interruptedTimes(interrupted: InterruptedApply): string {
  const { startedAt, takenBackAt } = interrupted
  const begun = startedAt === undefined ? '' : `begun ${timeWords(Date.parse(startedAt))}, `
  return `FAILED. ${interruptedWords(interrupted)} (${begun}next start ${timeWords(Date.parse(takenBackAt))})`
}

/** What becomes of the context in the user-data, in one sentence or two. */
export function userDataWords(view: UserDataView): string {
  switch (view.phase) {
    case 'applying':
      return view.total === 0 ? 'being applied' : `being applied, ${view.done} of ${view.total}`
    case 'applied':
      return applyWords(view.summary)
    case 'failed': {
      const again = view.isTriedAgain ? 'It is tried again at the next start.' : 'It is not tried again.'
      return ['NOT APPLIED:', sentence(view.message), view.hint ?? '', again].filter((part) => part !== '').join(' ')
    }
  }
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`
}

/** What a paired machine does, in one sentence. */
export function activityWords(activity: ActivityView): string {
  switch (activity.step) {
    case 'idle':
      return 'waiting for its owner'
    case 'planning':
      return `looking at what ${activity.context} would change`
    case 'deciding':
      return `waiting for the owner's yes to ${activity.context}`
    case 'applying':
      return `applying ${activity.context}, ${activity.done} of ${activity.total}`
  }
}

/** Why the coordinator cannot be used, and what to do; the last line only where lines are redrawn. */
export function outageWords(outage: OutageView, view: ConsoleView, hasCountdown: boolean): readonly string[] {
  const { retryInMs, trouble } = outage
  const time = trouble.cause === 'clock' ? [`This machine believes that it is ${timeWords(view.now)}.`] : []
  const again = retryInMs === undefined ? 'Trying now.' : `Next try in ${countdown(retryInMs)}.`
  const promise =
    view.body.kind === 'offline' ? 'The PIN comes by itself when it works.' : 'It is tried again by itself.'
  return [trouble.detail, ...time, TROUBLE_HINTS[trouble.cause], hasCountdown ? `${again} ${promise}` : promise]
}

const REFUSAL_HINTS: Readonly<Record<string, string>> = {
  'token-used': 'Another machine has used this join token, perhaps the one that this is a copy of. Give it a new one.',
  'token-expired': 'Its join token is too old. Give it a new one.',
  'token-unknown': 'The cluster did not make this join token. Give it a new one.',
  'slot-superseded': 'Another machine has taken its place. Give it a new join token, or remove it.',
  'certificate-revoked': 'The cluster has expelled this machine.',
}

/** What to do about a cluster that does not take this machine; undefined where the cause says enough. */
export function refusalHint(cluster: MeshView | undefined): string | undefined {
  return cluster?.phase === 'refused' ? REFUSAL_HINTS[cluster.cause] : undefined
}

/** Labels and values of what the machine is connected with: its coordinator, its cluster. */
export function connectionWords(view: ConsoleView): readonly (readonly [label: string, value: string])[] {
  const rows: (readonly [string, string])[] = []
  if (view.coordinatorUrl !== undefined) rows.push(['Coordinator', `${view.coordinatorUrl} ${linkWords(view)}`])
  if (view.cluster !== undefined) rows.push(['Cluster', meshWords(view.cluster)])
  const hint = refusalHint(view.cluster)
  if (hint !== undefined) rows.push(['', hint])
  if (view.waitingFor.length > 0) rows.push(['Waiting for', view.waitingFor.join(', ')])
  return rows
}

function linkWords({ body }: ConsoleView): string {
  switch (body.kind) {
    case 'starting':
      return '(asking for a PIN)'
    case 'offline':
      return '(NOT REACHABLE)'
    case 'pin':
    case 'completing':
    case 'paired':
      return body.outage === undefined ? '(reachable)' : '(NOT REACHABLE)'
    case 'pausing':
      return '(reachable)'
    case 'forgotten':
      return '(does not know this machine any more)'
    case 'member':
    case 'alone':
    case 'stopped':
      return ''
  }
}

/** A wrong clock in one sentence; undefined when it is right enough or not known. */
export function clockWords(skewMs: number | undefined): string | undefined {
  if (skewMs === undefined || Math.abs(skewMs) < WORRYING_SKEW_MS) return undefined
  const amount = Math.abs(skewMs) < 2 * 60 * MINUTE ? countdown(Math.abs(skewMs)) : hours(Math.abs(skewMs))
  return `The clock of this machine is ${amount} ${skewMs > 0 ? 'behind' : 'ahead'}. Set it, or start NTP.`
}

function hours(ms: number): string {
  const total = Math.round(ms / (60 * MINUTE))
  return total < 48 ? count(total, 'hour') : count(Math.round(total / 24), 'day')
}

/** Labels and values by which a person recognizes the machine. */
export function machineWords(view: ConsoleView): readonly (readonly [label: string, value: string])[] {
  const { facts } = view
  const network = [facts.addresses.slice(0, 3).join(' ') || 'no address yet', facts.mac].filter(Boolean).join('  ')
  const rows: (readonly [string, string])[] = [
    ['Machine', facts.hostname],
    ['System', `${facts.os}, ${facts.architecture}`],
    ['Network', network],
  ]
  if (facts.machineUuid !== undefined) rows.push(['UUID', facts.machineUuid])
  if (facts.image !== undefined) rows.push(['Image', facts.image])
  rows.push(['Size', `${count(facts.cpus, 'CPU')}, ${(facts.memoryMiB / 1024).toFixed(1)} GiB of memory`])
  return rows
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `22 Nov 2026 15:04 UTC`: the same in each country, and readable in a log. */
export function timeWords(epochMs: number): string {
  const [, year, month, day, time] = /^(\d+)-(\d+)-(\d+)T(\d+:\d+)/.exec(isoTime(epochMs)) ?? []
  return `${day} ${MONTHS[Number(month) - 1]} ${year} ${time} UTC`
}
