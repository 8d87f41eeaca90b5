import { printable } from '@muster/contexts/userdata/printable.ts'
import Table from 'cli-table3'
import type { Terminal } from './terminal.ts'

const NO_LINES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
} as const

/** Rows below a heading, columns aligned, without lines between them; cells come from anywhere and are made safe. */
export function formatTable(terminal: Terminal, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    chars: NO_LINES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    head: head.map((title) => terminal.paint('bold', title)),
  })
  table.push(...rows.map((row) => row.map(printable)))
  return trimLines(table.toString())
}

/** Names and values below each other; undefined values are left out. */
export function formatFields(terminal: Terminal, fields: readonly (readonly [string, string | undefined])[]): string {
  const table = new Table({ chars: NO_LINES, style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 } })
  for (const [name, value] of fields) {
    if (value !== undefined) table.push([terminal.paint('dim', name), printable(value)])
  }
  return trimLines(table.toString())
}

function trimLines(text: string): string {
  return text.replace(/[ \t]+$/gm, '')
}
