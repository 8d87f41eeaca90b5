import { meshWords } from '../mesh/mesh-view.ts'
import type { ConsoleBody, ConsoleView } from './view.ts'
import {
  activityWords,
  applyWords,
  clockWords,
  connectionWords,
  contextWords,
  countdown,
  machineWords,
  outageWords,
  refusalHint,
  safeText,
  timeWords,
  userDataWords,
  wrap,
} from './words.ts'

/** Serial consoles are 80 columns wide by custom; one is left so that no terminal wraps. */
const COLUMNS = 79
const RULE = '='.repeat(COLUMNS)
const LABEL_WIDTH = 13

type PinBody = Extract<ConsoleBody, { kind: 'pin' }>
type PairedBody = Extract<ConsoleBody, { kind: 'paired' }>

/**
 * What a serial console says when the view has changed from `before`: one block of ASCII lines for each change that
 * matters, nothing for a mere countdown. Each PIN is said once, so that the last one in a log is the valid one.
 */
export function renderSerial(before: ConsoleView | undefined, view: ConsoleView): readonly string[] {
  const news = newsOf(before, view)
  if (news.length === 0) return []
  const lines = [RULE, `Muster on ${view.facts.hostname}, ${timeWords(view.now)}`, ...news, RULE]
  return lines.flatMap((line) => (line === '' ? [''] : folded(safeText(line, false))))
}

function newsOf(before: ConsoleView | undefined, view: ConsoleView): readonly string[] {
  const notices = view.notices.filter((notice) => before?.notices.includes(notice) !== true).map((text) => `* ${text}`)
  const said = [...bodyNews(before?.body, view), ...clusterNews(before, view)]
  const groups = [notices, said, userDataNews(before, view)].filter((lines) => lines.length > 0)
  return groups.flatMap((lines, index) => ['', ...lines, ...(index === groups.length - 1 ? [''] : [])])
}

/** Of the cluster only what a person would want to know, not each member that comes and goes. */
function clusterNews(before: ConsoleView | undefined, view: ConsoleView): readonly string[] {
  const { cluster, waitingFor } = view
  const lines: string[] = []
  const isNews = cluster?.phase !== before?.cluster?.phase && cluster?.phase !== 'starting'
  if (isNews && cluster !== undefined) lines.push(`Cluster: ${meshWords(cluster)}`)
  const hint = isNews ? refusalHint(cluster) : undefined
  if (hint !== undefined) lines.push(hint)
  const wait = waitingFor.join(', ')
  if (wait !== '' && wait !== before?.waitingFor.join(', ')) lines.push(`The context waits for ${wait}.`)
  return lines
}

/** Its begin and its end, not each step. */
function userDataNews(before: ConsoleView | undefined, { userData }: ConsoleView): readonly string[] {
  if (userData === undefined || userData.phase === before?.userData?.phase) return []
  // No numbers: nothing is redrawn here.
  return [`User-data: ${userDataWords(userData.phase === 'applying' ? { ...userData, total: 0 } : userData)}`]
}

function bodyNews(before: ConsoleBody | undefined, view: ConsoleView): readonly string[] {
  const { body } = view
  switch (body.kind) {
    case 'starting':
      return before === undefined ? ['Not paired. Asking the coordinator for a PIN.', '', ...recognize(view)] : []
    case 'offline':
      return sameTrouble(before, body) ? [] : ['Not paired, and no PIN to be had.', ...outageWords(body, view, false)]
    case 'pausing':
      return before?.kind === 'pausing'
        ? []
        : [`The PIN was given up after wrong tries. A new one comes in ${countdown(body.resumeInMs)}.`]
    case 'pin':
      return pinNews(before, body, view)
    case 'completing':
      return before?.kind === 'completing' ? [] : [`The PIN was right. ${body.login} becomes the owner.`]
    case 'paired':
      return pairedNews(before, body, view)
    case 'forgotten':
      return before?.kind === 'forgotten'
        ? []
        : [
            `${body.owner} has removed this machine. What was configured stays as it is.`,
            'To pair it again, run as root on this machine:  muster-agent pair --yes',
          ]
    case 'member':
      return before?.kind === 'member' ? [] : ['This machine works in a cluster.', '', ...recognize(view)]
    case 'alone':
      return before?.kind === 'alone'
        ? []
        : ['This machine has no coordinator, and nobody can pair it.', '', ...recognize(view)]
    case 'stopped':
      return before?.kind === 'stopped' ? [] : [`The agent has stopped: ${body.reason}`]
  }
}

function pinNews(before: ConsoleBody | undefined, body: PinBody, view: ConsoleView): readonly string[] {
  if (before?.kind !== 'pin' || !before.pin.equals(body.pin)) return pinBlock(body, view)
  if (body.outage !== undefined) {
    return sameTrouble(before, body.outage)
      ? []
      : ['The coordinator is away just now.', ...outageWords(body.outage, view, false)]
  }
  if (before.outage !== undefined) return ['The coordinator is there again. The PIN above is still valid.']
  if (body.wrongTries > before.wrongTries) return [`A wrong PIN was tried (${body.wrongTries} of 3).`]
  if (body.claimant !== undefined && body.claimant !== before.claimant)
    return [`${body.claimant} is using the PIN now.`]
  return []
}

function pinBlock(body: PinBody, view: ConsoleView): readonly string[] {
  const clock = clockWords(view.clockSkewMs)
  return [
    'Sign in and type this PIN to own this machine:',
    '',
    `        PIN  ${body.pin.reveal()}`,
    `        at   ${body.verificationUrl}`,
    '',
    `It is valid for ${countdown(body.expiresInMs)}, until ${timeWords(view.now + body.expiresInMs)}. Any earlier PIN is dead.`,
    ...(clock === undefined ? [] : [clock]),
    '',
    ...recognize(view),
  ]
}

function pairedNews(before: ConsoleBody | undefined, body: PairedBody, view: ConsoleView): readonly string[] {
  if (before?.kind !== 'paired') return [`This machine belongs to ${body.owner}.`, ...contextLines(body)]
  const isNewApply = body.lastApply?.finishedAt !== before.lastApply?.finishedAt
  if (isNewApply) return contextLines(body)
  if (body.outage !== undefined) {
    return sameTrouble(before, body.outage)
      ? []
      : ['The coordinator gets no reports.', ...outageWords(body.outage, view, false)]
  }
  if (before.outage !== undefined) return ['The coordinator gets reports again.']
  const began = body.activity.step === 'applying' && before.activity.step !== 'applying'
  return began ? [`Now: ${activityWords(body.activity)}`] : []
}

function contextLines(body: PairedBody): readonly string[] {
  return [
    ...(body.context === undefined ? ['It has no context yet.'] : [`Context: ${contextWords(body.context)}`]),
    ...(body.lastApply === undefined ? [] : [`Last apply: ${applyWords(body.lastApply)}`]),
  ]
}

function recognize(view: ConsoleView): readonly string[] {
  const rows = [...machineWords(view), ...connectionWords(view)]
  return rows.map(([name, value]) => name.padEnd(LABEL_WIDTH) + value)
}

function sameTrouble(before: ConsoleBody | undefined, now: { readonly trouble: { readonly cause: string } }): boolean {
  const last =
    before?.kind === 'offline' ? before : before !== undefined && 'outage' in before ? before.outage : undefined
  return last?.trouble.cause === now.trouble.cause
}

/** Long lines in pieces, the later ones indented. */
function folded(line: string): readonly string[] {
  if (line.length <= COLUMNS) return [line]
  const lead = /^\* |^ *(\S+ {2,})?/.exec(line)?.[0] ?? ''
  const [first = '', ...rest] = wrap(line.slice(lead.length), COLUMNS - lead.length)
  return [lead + first, ...rest.map((more) => ' '.repeat(lead.length) + more)]
}
