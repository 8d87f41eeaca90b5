import type { CommandIo } from './command-io.ts'
import { fitScreen } from './text-table.ts'

const HOME = '\u001b[H'
const CLEAR_LINE = '\u001b[K'
const CLEAR_BELOW = '\u001b[J'
const HIDE_CURSOR = '\u001b[?25l'
const SHOW_CURSOR = '\u001b[?25h'
const CLEAR_ALL = '\u001b[2J'
const DEFAULT_COLUMNS = 80
const DEFAULT_ROWS = 24

/** Where what is watched is shown. */
export interface WatchScreen {
  show(lines: readonly string[]): void
  /** Gives the terminal back; what was shown last stays. */
  close(): void
}

/** On a terminal each show replaces the one before; elsewhere they stand below each other, with an empty line between. */
export function openWatchScreen(io: Pick<CommandIo, 'output'>): WatchScreen {
  const { output } = io
  if (!output.isTTY) {
    let isFirst = true
    return {
      show(lines) {
        output.write(`${isFirst ? '' : '\n'}${lines.join('\n')}\n`)
        isFirst = false
      },
      close: () => undefined,
    }
  }
  let shown: readonly string[] = []
  const draw = () => {
    const size = { columns: output.columns ?? DEFAULT_COLUMNS, rows: output.rows ?? DEFAULT_ROWS }
    const text = fitScreen(shown, size).map((line) => `${line}${CLEAR_LINE}\n`)
    output.write(`${HOME}${text.join('')}${CLEAR_BELOW}`)
  }
  const onResize = () => {
    output.write(CLEAR_ALL)
    draw()
  }
  output.on('resize', onResize)
  output.write(`${HIDE_CURSOR}${CLEAR_ALL}`)
  return {
    show(lines) {
      shown = lines
      draw()
    },
    close() {
      output.off('resize', onResize)
      output.write(SHOW_CURSOR)
    },
  }
}
