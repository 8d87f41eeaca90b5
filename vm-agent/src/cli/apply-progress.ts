import { shorten } from '@muster/contexts/userdata/printable.ts'
import type { ApplyProgress } from '../apply/apply-report.ts'
import type { CommandIo } from './command-io.ts'

/** Shows the steps of an apply on standard error. */
export interface ProgressDisplay {
  show(progress: ApplyProgress): void
  end(): void
}

const DEFAULT_COLUMNS = 80
const CLEAR_LINE = '\r\u001b[K'

/** On a terminal one line that changes; elsewhere one line for each step that is over. */
export function showProgress(io: CommandIo): ProgressDisplay {
  const { errors } = io
  if (errors.isTTY !== true) {
    return {
      show(progress) {
        if (progress.phase !== 'started') errors.write(`${lineOf(progress)}\n`)
      },
      end: () => undefined,
    }
  }
  return {
    show(progress) {
      if (progress.phase === 'not-done' || progress.phase === 'failed') {
        errors.write(`${CLEAR_LINE}${lineOf(progress)}\n`)
      } else if (progress.phase === 'started') {
        errors.write(`${CLEAR_LINE}${shorten(lineOf(progress), (errors.columns ?? DEFAULT_COLUMNS) - 1)}`)
      }
    },
    end: () => void errors.write(CLEAR_LINE),
  }
}

function lineOf({ index, total, phase, address, message }: ApplyProgress): string {
  const word = phase === 'started' ? '' : `${phase} `
  const text = phase === 'started' && message !== undefined ? message : address
  const reason = phase !== 'started' && message !== undefined ? `: ${message}` : ''
  return `[${index}/${total}] ${word}${text}${reason}`
}
