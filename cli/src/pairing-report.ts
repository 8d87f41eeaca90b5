import type { ProgressStep, ProposalAnswer } from '@muster/contexts/pairing/claimant.ts'
import { CHANGE_SIGN } from '@muster/contexts/plan/render-change.ts'
import { printable } from '@muster/contexts/userdata/printable.ts'
import type { WireChange } from '@muster/contexts/wire/channel.ts'
import type { ApplySummary } from '@muster/contexts/wire/machines.ts'
import type { Claim } from '@muster/contexts/wire/pairings.ts'
import { formatFields } from './table.ts'
import type { Style, Terminal } from './terminal.ts'

const STYLE: Readonly<Record<WireChange['action'], Style>> = {
  create: 'green',
  update: 'yellow',
  remove: 'red',
  run: 'cyan',
}

const UNDO_NOTE: Readonly<Record<WireChange['undo'], string>> = {
  exact: '',
  'best-effort': '  (undone as well as possible)',
  none: '  (cannot be undone)',
}

/** The facts by which a person recognizes the machine in front of her. */
export function describeMachine(terminal: Terminal, { facts, seenFrom }: Claim): string {
  return formatFields(terminal, [
    ['machine', facts.hostname],
    ['system', `${facts.os}, ${facts.architecture}`],
    ['size', `${facts.cpus} CPUs, ${facts.memoryMiB} MiB`],
    ['addresses', facts.addresses.join(', ') || undefined],
    ['seen from', seenFrom],
    ['MAC', facts.mac],
    ['UUID', facts.machineUuid],
    ['image', facts.image],
    ['agent', facts.agentVersion],
    ['booted', facts.bootedAt],
  ])
}

/** What applying would change, as the machine says. */
export function showPlan(terminal: Terminal, plan: Extract<ProposalAnswer, { type: 'proposal-plan' }>): void {
  showProblems(terminal, plan.diagnostics)
  for (const { action, summary, undo } of plan.changes) {
    const sign = terminal.paint(STYLE[action], CHANGE_SIGN[action], 'errors')
    terminal.note(`${sign} ${printable(summary)}${UNDO_NOTE[undo]}`)
  }
  terminal.note(plan.changes.length === 0 ? 'Nothing to change.' : `${counted(plan.changes.length, 'change')}.`)
}

/** Why the machine will not apply it. */
export function showRefusal(terminal: Terminal, refusal: Extract<ProposalAnswer, { type: 'proposal-refused' }>): void {
  showProblems(terminal, refusal.diagnostics)
}

/** One step as it ends; beginnings are left out. */
export function showStep(terminal: Terminal, step: ProgressStep): void {
  if (step.phase === 'started') return
  const place = `[${String(step.index).padStart(String(step.total).length)}/${step.total}]`
  const message = step.message === undefined ? '' : `: ${printable(step.message)}`
  const style: Style = step.phase === 'done' ? 'green' : step.phase === 'failed' ? 'red' : 'yellow'
  terminal.note(`${place} ${terminal.paint(style, step.phase, 'errors')} ${printable(step.address)}${message}`)
}

/** The end in one sentence. */
export function summarizeApply(terminal: Terminal, claim: Claim, context: string, summary: ApplySummary): string {
  const machine = printable(claim.facts.hostname)
  const seconds = (summary.durationMs / 1000).toFixed(1)
  const rest = summary.notDone === 0 ? '' : `, ${summary.notDone} not done`
  const numbers = `${counted(summary.changes, 'change')}${rest}, ${counted(summary.warnings, 'warning')}, ${seconds} s`
  switch (summary.outcome) {
    case 'applied':
      return `${terminal.paint('green', 'Applied')} ${printable(context)} to ${machine}: ${numbers}.`
    case 'unchanged':
      return `${machine} already is as ${printable(context)} says.`
    case 'rolled-back':
      return `${machine} is as before: applying ${printable(context)} failed and was taken back.`
    case 'rollback-failed':
      return `${machine} is half changed: applying ${printable(context)} failed, and taking it back too.`
    case 'refused':
      return `${machine} refused ${printable(context)}.`
    case 'waiting':
      return `${machine} applies ${printable(context)} as soon as the other machines of its cluster are there.`
  }
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function showProblems(
  terminal: Terminal,
  problems: Extract<ProposalAnswer, { type: 'proposal-plan' }>['diagnostics'],
): void {
  for (const { severity, code, message, hint, line, column } of problems) {
    terminal.note(`${line}:${column}: ${severity}[${printable(code)}]: ${printable(message)}`)
    if (hint !== undefined) terminal.note(`  hint: ${printable(hint)}`)
  }
}
