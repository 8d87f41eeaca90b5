import { printable, shorten } from '@muster/contexts/userdata/printable.ts'

const GAP = '  '

/** Rows below a heading, columns aligned; cells come from anywhere and are made safe. Empty cells are a dash. */
export function textTable(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const lines = [head, ...rows.map((row) => row.map((cell) => (cell === '' ? '-' : printable(cell))))]
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  return lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(GAP)
      .trimEnd(),
  )
}

/** A time span in the largest unit that fits: `3 s`, `5 min`, `2 h`, `4 d`. */
export function spanText(seconds: number): string {
  const units = [
    ['d', 86_400],
    ['h', 3_600],
    ['min', 60],
  ] as const
  for (const [unit, length] of units) if (seconds >= 2 * length) return `${Math.floor(seconds / length)} ${unit}`
  return `${Math.floor(seconds)} s`
}

/** The end of a PeerId, which tells peers apart: all begin alike. */
export function shortPeer(peer: string): string {
  return peer.length <= 10 ? peer : `…${peer.slice(-8)}`
}

/** Lines as they fit on a screen: long ones cut, and the last one tells how many are missing. */
export function fitScreen(lines: readonly string[], screen: { readonly columns: number; readonly rows: number }) {
  const room = Math.max(2, screen.rows - 1)
  const shown = lines.length <= room ? lines : [...lines.slice(0, room - 1), `… and ${lines.length - room + 1} more`]
  return shown.map((line) => shorten(line, screen.columns))
}
