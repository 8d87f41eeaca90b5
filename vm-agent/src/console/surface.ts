import type { ConsoleDevice } from './device.ts'
import { type RenderOptions, renderConsole } from './render.ts'
import { renderSerial } from './serial.ts'
import type { ConsoleView } from './view.ts'
import { countdownStepMs } from './words.ts'

/** One place where the view is shown. Calls do not overlap; after `end` none follows. */
export interface ConsoleSurface {
  readonly name: string
  /** Shows what is new. @throws {AgentError} console-unusable, state-unusable */
  draw(view: ConsoleView, signal: AbortSignal): Promise<void>
  /** When it wants to be drawn again although nothing happened; undefined: not. */
  redrawInMs(view: ConsoleView): number | undefined
  /** Leaves nothing valid-looking behind. */
  end(view: ConsoleView, signal: AbortSignal): Promise<void>
}

const ENTER = '\x1b[?1049h\x1b[?25l\x1b[2J'
/** Clears too, for terminals without a second screen. */
const LEAVE = '\x1b[2J\x1b[H\x1b[?25h\x1b[?1049l'

/** What brings a terminal back, for the last moment of a process. */
export const RESTORE_TERMINAL = LEAVE

/**
 * A terminal that is redrawn in place: only lines that changed are written, and its former content comes back at the
 * end.
 *
 * @param options - asked at each draw, since keys change them
 */
export function createScreenSurface(device: ConsoleDevice, options: () => RenderOptions): ConsoleSurface {
  let shown: readonly string[] | undefined
  let shownSize = ''
  return {
    name: 'screen',
    async draw(view, signal) {
      const size = device.size()
      const lines = renderConsole(view, size, options())
      const sizeKey = `${size.columns}x${size.rows}`
      const before = sizeKey === shownSize ? shown : undefined
      const changes = Array.from({ length: size.rows }, (_, row) => {
        const line = lines[row] ?? ''
        return line === (before?.[row] ?? '') ? '' : `\x1b[${row + 1};1H${line}\x1b[K`
      }).join('')
      const text = (before === undefined ? ENTER : '') + changes
      // Forgotten until it is written, so that a failed write is followed by a full one.
      shown = undefined
      if (text !== '') await device.write(text, signal)
      shown = lines
      shownSize = sizeKey
    },
    redrawInMs: (view) => minimum(durationsOf(view).map(countdownStepMs)),
    async end(_view, signal) {
      if (shown !== undefined) await device.write(LEAVE, signal)
    },
  }
}

/** A line-oriented console: what changed is said once, nothing is redrawn. */
export function createSerialSurface(device: ConsoleDevice): ConsoleSurface {
  let said: ConsoleView | undefined
  return {
    name: 'serial',
    async draw(view, signal) {
      const lines = renderSerial(said, view)
      if (lines.length > 0) await device.write(lines.map((line) => line + device.lineEnd).join(''), signal)
      said = view
    },
    redrawInMs: () => undefined,
    async end(view, signal) {
      await this.draw(view, signal)
    },
  }
}

function durationsOf({ body }: ConsoleView): readonly number[] {
  const outage = 'outage' in body ? body.outage?.retryInMs : undefined
  const own =
    body.kind === 'pin'
      ? body.expiresInMs
      : body.kind === 'offline'
        ? body.retryInMs
        : body.kind === 'pausing'
          ? body.resumeInMs
          : undefined
  return [own, outage].filter((ms) => ms !== undefined)
}

function minimum(numbers: readonly number[]): number | undefined {
  return numbers.length === 0 ? undefined : Math.min(...numbers)
}
