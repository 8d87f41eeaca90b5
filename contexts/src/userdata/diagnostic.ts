import type { Span } from './text.ts'

/** How much a problem matters: an `error` makes the document unusable, a `warning` does so only when strict. */
export type Severity = 'error' | 'warning' | 'info'

/** One problem in a text that a person wrote, with its place. All problems of a text are reported at once. */
export interface Diagnostic {
  readonly severity: Severity
  /** Kebab-case, stable; documented in docs/reference/diagnostics.md. */
  readonly code: string
  readonly message: string
  /** What to do about it, for example a did-you-mean. */
  readonly hint?: string
  readonly span: Span
}
