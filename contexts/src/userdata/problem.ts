import type { Diagnostic } from './diagnostic.ts'
import { DIAGNOSTIC_CODES, type DiagnosticCode } from './diagnostic-codes.ts'
import type { Span } from './text.ts'

/** Most problems that one text is told; a hostile text has as many as it has lines. */
export const MAX_DIAGNOSTICS = 500

/** A diagnostic with the severity that its code has. */
export function problem(code: DiagnosticCode, span: Span, message: string, hint?: string): Diagnostic {
  const { severity } = DIAGNOSTIC_CODES[code]
  return hint === undefined ? { severity, code, message, span } : { severity, code, message, hint, span }
}

/** A text, or how to make it: made only for a problem that is kept. */
type Lazy<T> = T | (() => T)

/** Collects the problems of one reader: the first `MAX_DIAGNOSTICS` and a last one that counts the others. */
export interface ProblemList {
  add(code: DiagnosticCode, span: Span, message: Lazy<string>, hint?: Lazy<string | undefined>): void
  all(): readonly Diagnostic[]
}

/** An empty list. */
export function createProblemList(): ProblemList {
  const kept: Diagnostic[] = []
  let dropped = 0
  let lastSpan: Span | undefined
  return {
    add(code, span, message, hint) {
      lastSpan = span
      if (kept.length < MAX_DIAGNOSTICS) kept.push(problem(code, span, made(message), made(hint)))
      else dropped += 1
    },
    all() {
      if (dropped === 0 || lastSpan === undefined) return kept
      return [...kept, problem('too-many-problems', lastSpan, `${dropped} more problems are not listed`)]
    },
  }
}

function made<T extends string | undefined>(lazy: Lazy<T>): T {
  return typeof lazy === 'function' ? lazy() : lazy
}

/** In the order of the text; of equal places, as given. */
export function sortProblems(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return diagnostics.toSorted((left, right) => left.span.start.offset - right.span.start.offset)
}
