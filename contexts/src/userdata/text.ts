/** A place in a text: `offset` in UTF-16 units from 0, `line` and `column` from 1. */
export interface Position {
  readonly offset: number
  readonly line: number
  readonly column: number
}

/** A piece of a text, `end` exclusive. */
export interface Span {
  readonly start: Position
  readonly end: Position
}

/** One line of a text; `text` without its terminator, which is kept beside it so that printing loses nothing. */
export interface Line {
  readonly number: number
  readonly offset: number
  readonly text: string
  readonly terminator: '' | '\n' | '\r\n'
}
