const ESCAPE = '\u001b'
const SEQUENCE = new RegExp(
  `${ESCAPE}(\\[[0-9;?]*[ -/]*[@-~]|\\][^\u0007${ESCAPE}]*(\u0007|${ESCAPE}\\\\)|[()][A-Z0-9]|[=>78cM])`,
  'g',
)
/** A sequence of a terminal is short; more than this after an escape is none. */
const LONGEST_SEQUENCE = 200

/** Takes what a console sends, piece by piece, and gives the text that a person reads: no sequences, no carriage returns. */
export function createTextOfConsole(): (piece: string) => string {
  let held = ''
  return (piece) => {
    const text = (held + piece).replaceAll(SEQUENCE, '').replaceAll('\r', '')
    const start = text.lastIndexOf(ESCAPE)
    // The rest of it comes with the next piece.
    const isCut = start !== -1 && text.length - start < LONGEST_SEQUENCE
    held = isCut ? text.slice(start) : ''
    return isCut ? text.slice(0, start) : text
  }
}

const PIN = /\bPIN +([BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4})\b/g

/** The PIN that holds: the last one in a log, as a new PIN makes all earlier ones worthless. */
export function lastPin(log: string): string | undefined {
  return [...log.matchAll(PIN)].at(-1)?.[1]
}
