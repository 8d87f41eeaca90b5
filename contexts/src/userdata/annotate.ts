import type { Diagnostic } from './diagnostic.ts'
import { printable, shorten } from './printable.ts'
import { maskSecretLine } from './secret-keys.ts'
import { splitLines } from './text.ts'

/** Widest piece of a source line that is shown. */
const MAX_SOURCE_WIDTH = 120

/** How diagnostics are shown. */
export interface AnnotateOptions {
  /** Name of the file or of where the text came from. */
  readonly file: string
  /** Only the first line of each, for programs. @default false */
  readonly isShort?: boolean
}

/**
 * Diagnostics as a compiler shows them: `FILE:LINE:COLUMN: severity[code]: message`, then the source line with a mark
 * below the place, then the hint. Ends with LF; empty when there are none. Values of secret options are masked.
 */
export function annotate(diagnostics: readonly Diagnostic[], text: string, options: AnnotateOptions): string {
  const lines = splitLines(text)
  return diagnostics.map((one) => `${annotateOne(one, lines[one.span.start.line - 1]?.text, options)}\n`).join('')
}

/** `FILE:LINE:COLUMN: severity[code]: message` */
export function diagnosticHeadline(diagnostic: Diagnostic, file: string): string {
  const { start } = diagnostic.span
  const place = `${printable(file)}:${start.line}:${start.column}`
  return `${place}: ${diagnostic.severity}[${diagnostic.code}]: ${printable(diagnostic.message)}`
}

function annotateOne(diagnostic: Diagnostic, source: string | undefined, options: AnnotateOptions): string {
  const head = diagnosticHeadline(diagnostic, options.file)
  if (options.isShort === true) return head
  const rows = [head]
  if (source !== undefined && source !== '') rows.push(...markedSource(diagnostic, maskSecretLine(source)))
  if (diagnostic.hint !== undefined) rows.push(`  hint: ${printable(diagnostic.hint)}`)
  return rows.join('\n')
}

/** The source line, or the piece of a long one around the place, and a row of carets below. */
function markedSource(diagnostic: Diagnostic, source: string): readonly string[] {
  const { start, end } = diagnostic.span
  const gutter = `${start.line}`.padStart(5)
  const column = Math.min(start.column - 1, source.length)
  const from = column < MAX_SOURCE_WIDTH - 20 ? 0 : column - 20
  const shown = shorten(printable(source.slice(from).replaceAll('\t', ' ')), MAX_SOURCE_WIDTH)
  const lastColumn = end.line === start.line ? end.column - 1 : source.length
  const width = Math.max(1, Math.min(lastColumn - column, shown.length - (column - from)))
  const lead = from > 0 ? '…' : ''
  return [
    `${gutter} | ${lead}${shown}`,
    `${' '.repeat(gutter.length)} | ${' '.repeat(lead.length + column - from)}${'^'.repeat(width)}`,
  ]
}
