import { printable } from '../userdata/printable.ts'
import { type Change, type ChangeAction, countChanges } from './change.ts'
import type { Undo } from './resource.ts'

/** First character of a rendered change. */
export const CHANGE_SIGN: Readonly<Record<ChangeAction, string>> = {
  create: '+',
  update: '~',
  remove: '-',
  run: '>',
  none: '=',
}

const UNDO_NOTE: Readonly<Record<Undo, string>> = {
  exact: '',
  'best-effort': ' (undone as well as possible)',
  none: ' (cannot be undone)',
}

/** Choices of `renderChanges`. */
export interface RenderOptions {
  /** Also list what is already as wanted. @default false */
  readonly isComplete?: boolean
}

/** One change as one line and its notes below it, indented; without a final line end. */
export function renderChange(change: Change): string {
  const note = change.action === 'none' ? '' : UNDO_NOTE[change.undo]
  const lines = [`${CHANGE_SIGN[change.action]} ${printable(change.summary)}${note}`]
  for (const text of change.notes) lines.push(`    ${printable(text)}`)
  return lines.join('\n')
}

/**
 * All changes as text for a terminal or a page: one line each, notes below, a summary last; ends with LF.
 * Shows only what `summary` and `notes` say, so secrets stay masked.
 */
export function renderChanges(changes: readonly Change[], options: RenderOptions = {}): string {
  const shown = changes.filter((change) => options.isComplete === true || change.action !== 'none')
  return `${[...shown.map(renderChange), summarizeChanges(changes)].join('\n')}\n`
}

/** The numbers in one sentence. */
export function summarizeChanges(changes: readonly Change[]): string {
  const counts = countChanges(changes)
  const parts = [
    `${counts.create} to create`,
    `${counts.update} to change`,
    `${counts.remove} to remove`,
    `${counts.run} to run`,
    `${counts.none} as wanted`,
  ]
  return `${parts.join(', ')}.`
}
