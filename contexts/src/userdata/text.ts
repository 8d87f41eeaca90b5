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

/** The empty place before the first character: for problems of a text as a whole. */
export const START: Span = { start: { offset: 0, line: 1, column: 1 }, end: { offset: 0, line: 1, column: 1 } }

/** Splits at LF; joining `text` and `terminator` of all lines gives the text back. An empty text has no line. */
export function splitLines(text: string): readonly Line[] {
  const lines: Line[] = []
  let offset = 0
  while (offset < text.length) {
    const feed = text.indexOf('\n', offset)
    const end = feed === -1 ? text.length : feed
    const hasReturn = feed > offset && text[feed - 1] === '\r'
    const terminator = feed === -1 ? '' : hasReturn ? '\r\n' : '\n'
    lines.push({ number: lines.length + 1, offset, text: text.slice(offset, hasReturn ? end - 1 : end), terminator })
    offset = end + 1
  }
  return lines
}

/** Part of one line, from index `from` up to index `to` of its text. @default to - the end of the line */
export function spanOf(line: Line, from = 0, to = line.text.length): Span {
  return { start: positionIn(line, from), end: positionIn(line, to) }
}

/** From the start of one line to the end of another. */
export function spanFrom(first: Line, last: Line): Span {
  return { start: positionIn(first, 0), end: positionIn(last, last.text.length) }
}

/**
 * Part of a piece that lies in one line and is `text.length` long; the whole piece where it is not so (a value of an
 * encoded part has no places of its own).
 */
export function spanWithin(span: Span, text: string, from: number, length: number): Span {
  if (span.end.offset - span.start.offset !== text.length || span.start.line !== span.end.line) return span
  return { start: movedBy(span.start, from), end: movedBy(span.start, from + length) }
}

/** Removes spaces, tabs and the like at both ends; unlike `trim` only the ASCII ones, as the old readers did. */
export function trimBlank(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isBlankChar(text.charCodeAt(start))) start += 1
  while (end > start && isBlankChar(text.charCodeAt(end - 1))) end -= 1
  return text.slice(start, end)
}

/** Whether nothing but ASCII white space is in it. */
export function isBlank(text: string): boolean {
  return trimBlank(text) === ''
}

/** Whether this UTF-16 unit is ASCII white space. */
export function isBlankChar(unit: number): boolean {
  return unit === 0x20 || (unit >= 0x09 && unit <= 0x0d)
}

function positionIn(line: Line, index: number): Position {
  return { offset: line.offset + index, line: line.number, column: index + 1 }
}

function movedBy(position: Position, count: number): Position {
  return { offset: position.offset + count, line: position.line, column: position.column + count }
}
