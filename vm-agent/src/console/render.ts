import { drawLarge, SPOKEN } from './letters.ts'
import { drawPinCode } from './qr.ts'
import type { ConsoleBody, ConsoleSize, ConsoleView } from './view.ts'
import {
  activityWords,
  applyWords,
  clockWords,
  connectionWords,
  contextWords,
  countdown,
  machineWords,
  outageWords,
  safeText,
  timeWords,
  userDataWords,
  wrap,
} from './words.ts'

type PinBody = Extract<ConsoleBody, { kind: 'pin' }>

const INDENT = '  '
const LABEL_WIDTH = 13
/** In a column beside a QR code each character counts. */
const NARROW_LABEL_WIDTH = 9
/** Below this width the narrow labels are used. */
const NARROW_COLUMNS = 60
/** Columns that the text beside a QR code needs to be readable. */
const NARROWEST_TEXT = 44

/** Choices of the person at the screen. */
export interface RenderOptions {
  /** Spell the PIN in words instead of drawing it. @default false */
  readonly isSpelled?: boolean
  /** Whether keys are heard, so that they are worth a line. @default false */
  readonly hasKeys?: boolean
}

/**
 * Draws the whole screen: at most `rows` lines of at most `columns` characters, no control characters. What matters
 * most comes first, so that a small screen loses the least.
 */
export function renderConsole(view: ConsoleView, size: ConsoleSize, options: RenderOptions = {}): readonly string[] {
  const head = header(view, size)
  const body = view.body.kind === 'pin' ? pinScreen(view, view.body, size, options) : textScreen(view, size)
  return [head, ...body]
    .slice(0, size.rows)
    .map((line) => safeText(line, size.isUnicode).slice(0, size.columns).trimEnd())
}

function header(view: ConsoleView, size: ConsoleSize): string {
  const right = `agent ${view.facts.agentVersion}`
  const left = ` MUSTER   ${view.facts.hostname}`.slice(0, Math.max(0, size.columns - right.length - 2))
  return left.padEnd(size.columns - right.length - 1) + right
}

function pinScreen(view: ConsoleView, body: PinBody, size: ConsoleSize, options: RenderOptions): readonly string[] {
  const pin = body.pin.reveal()
  const large = options.isSpelled === true ? spelled(pin) : drawLarge(pin, size.isUnicode ? '█' : '#')
  const widest = Math.max(...large.map((line) => line.length))
  const isDrawn = widest + INDENT.length <= size.columns && size.rows >= large.length + 8
  const top = isDrawn
    ? ['', ...large.map((line) => INDENT + line), `${INDENT}PIN  ${pin}`]
    : ['', `${INDENT}PIN  ${pin}`]

  const below = size.rows - 1 - top.length
  const code = drawPinCode(body.verificationUrl, pin, { ...size, rows: below, columns: size.columns - NARROWEST_TEXT })
  const codeWidth = code[0]?.length ?? 0
  const textWidth = size.columns - (codeWidth === 0 ? 0 : codeWidth + 1) - 1
  const text = fitted(pinText(view, body, { ...options, width: textWidth }), details(view, textWidth), below)
  return [...top, ...beside(text, code, textWidth)]
}

function pinText(
  view: ConsoleView,
  body: PinBody,
  options: RenderOptions & { readonly width: number },
): readonly string[] {
  const lines = ['', 'Sign in and type this PIN at', '', `${INDENT}${body.verificationUrl}`, '']
  if (body.outage !== undefined) {
    lines.push('THE COORDINATOR CANNOT BE REACHED JUST NOW.', ...outageWords(body.outage, view, true), '')
  } else if (body.claimant !== undefined) lines.push(`${body.claimant} is using this PIN now.`)
  else if (body.wrongTries > 0) lines.push(`A wrong PIN was tried (${body.wrongTries} of 3).`)
  lines.push(`A new PIN comes in ${countdown(body.expiresInMs)}.`)
  if (options.hasKeys === true)
    lines.push(options.isSpelled === true ? 'Key a: large letters.' : 'Key a: spell the PIN.')
  return lines.flatMap((line) => indented(line, options.width))
}

function textScreen(view: ConsoleView, size: ConsoleSize): readonly string[] {
  const width = size.columns - 1
  const text = bodyText(view).flatMap((line) => indented(line, width))
  return fitted(['', ...text], details(view, width), size.rows - 1)
}

function bodyText(view: ConsoleView): readonly string[] {
  const { body } = view
  switch (body.kind) {
    case 'starting':
      return ['This machine is not paired. It is asking the coordinator for a PIN.']
    case 'offline':
      return ['This machine is not paired, and cannot get a PIN.', '', ...outageWords(body, view, true)]
    case 'pausing':
      return [
        'The PIN was given up after wrong tries: somebody may be guessing.',
        '',
        `A new PIN comes in ${countdown(body.resumeInMs)}. Nothing to do here.`,
      ]
    case 'completing':
      return [
        `The PIN was right. The coordinator is told that ${body.login} owns this machine.`,
        ...(body.outage === undefined ? [] : ['', ...outageWords(body.outage, view, true)]),
      ]
    case 'paired':
      return pairedText(view, body)
    case 'forgotten':
      return [
        `${body.owner} has removed this machine from the coordinator.`,
        'What was configured stays as it is.',
        '',
        'To pair it again, run as root on this machine:  muster-agent pair --yes',
      ]
    case 'member':
      return ['This machine works in a cluster.']
    case 'alone':
      return ['This machine has no coordinator, and nobody can pair it.']
    case 'stopped':
      return [`The agent has stopped: ${body.reason}`]
    case 'pin':
      return []
  }
}

function pairedText(view: ConsoleView, body: Extract<ConsoleBody, { kind: 'paired' }>): readonly string[] {
  const lines = [
    `This machine belongs to ${body.owner}.`,
    '',
    label('Context', body.context === undefined ? 'none yet' : contextWords(body.context)),
  ]
  if (body.lastApply !== undefined) {
    lines.push(label('Last apply', applyWords(body.lastApply)))
    lines.push(label('', timeWords(Date.parse(body.lastApply.finishedAt))))
  }
  lines.push(label('Now', activityWords(body.activity)))
  if (body.outage !== undefined)
    lines.push('', 'The coordinator gets no reports.', ...outageWords(body.outage, view, true))
  lines.push('', 'For another owner, run as root on this machine:  muster-agent pair --yes')
  return lines
}

/** What is wrong with the machine, its link to the coordinator, and by what a person recognizes it. */
function details(view: ConsoleView, width: number): readonly string[] {
  const clock = clockWords(view.clockSkewMs)
  const notices = [...(clock === undefined ? [] : [clock]), ...view.notices].map((notice) => `* ${notice}`)
  const isNarrow = width < NARROW_COLUMNS
  const connections = connectionWords(view).map(([name, value]) =>
    isNarrow ? `${name}  ${value}` : label(name, value),
  )
  const rows = machineWords(view).map(([name, value]) =>
    label(name, value, isNarrow ? NARROW_LABEL_WIDTH : LABEL_WIDTH),
  )
  const userData = view.userData === undefined ? [] : [label('User-data', userDataWords(view.userData)), '']
  const lines = ['', ...userData, ...notices, ...(notices.length === 0 ? [] : ['']), ...connections, ...rows]
  return lines.flatMap((line) => indented(line, width))
}

/** The first part whole; of the details as much as there is room for. */
function fitted(first: readonly string[], rest: readonly string[], rows: number): readonly string[] {
  return [...first, ...rest].slice(0, Math.max(0, rows))
}

function label(name: string, value: string, width = LABEL_WIDTH): string {
  return name.padEnd(width) + value
}

function indented(line: string, width: number): readonly string[] {
  if (line === '') return ['']
  const lead = /^ +|^\S+ {2,}|^\* /.exec(line)?.[0] ?? ''
  const hanging = ' '.repeat(lead.length)
  const [first = '', ...rest] = wrap(line.slice(lead.length), Math.max(10, width - INDENT.length - lead.length))
  return [INDENT + lead + first, ...rest.map((more) => INDENT + hanging + more)]
}

function beside(text: readonly string[], code: readonly string[], textWidth: number): readonly string[] {
  const rows = Math.max(text.length, code.length)
  return Array.from({ length: rows }, (_, row) => {
    const left = (text[row] ?? '').slice(0, textWidth)
    const right = code[row]
    return right === undefined ? left : `${left.padEnd(textWidth + 1)}${right}`
  })
}

function spelled(pin: string): readonly string[] {
  const words = [...pin].filter((letter) => letter !== '-').map((letter) => `${letter}  ${SPOKEN[letter] ?? ''}`)
  const half = words.length / 2
  const lines = words.slice(0, half).map((word, row) => `${word.padEnd(20)}${words[half + row] ?? ''}`)
  return ['', ...lines]
}
