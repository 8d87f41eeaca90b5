import type { Diagnostic } from './diagnostic.ts'
import type { Span } from './text.ts'

/** One option of a section: the last of equal keys wins, the others are kept in the tree. */
export interface Option {
  /** Lower case. */
  readonly key: string
  readonly value: string
  readonly keySpan: Span
  /** Span of the value as written, without an inline comment; empty at the separator's end for an empty value. */
  readonly valueSpan: Span
}

/** All sections of one name (compared without case), merged in order. */
export interface Section {
  /** Lower case. */
  readonly name: string
  /** The first header. */
  readonly span: Span
  /** Effective options by lower-case key. */
  readonly options: ReadonlyMap<string, Option>
}

/** The INI part of a context: effective sections by lower-case name, and everything that was dropped. */
export interface IniPart {
  readonly sections: ReadonlyMap<string, Section>
  readonly diagnostics: readonly Diagnostic[]
}
