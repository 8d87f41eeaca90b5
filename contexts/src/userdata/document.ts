import type { Diagnostic } from './diagnostic.ts'
import type { IniPart } from './ini.ts'
import type { Line, Span } from './text.ts'

/** Largest context text that is read, in bytes (after decompression). The old limit was 16 kB, never enforced. */
export const MAX_CONTEXT_BYTES = 1024 * 1024

/**
 * A context split once into typed parts (CONTEXT-SPEC 1.1): each reader gets its part only.
 * `printDocument(decodeContext(text)) === text` for every text.
 */
export interface ContextDocument {
  /** The lines as read; printing joins them, so nothing is lost. */
  readonly lines: readonly Line[]
  readonly script: LeadingScript | undefined
  readonly ini: IniPart
  readonly bootBlock: BootBlock
  /** Other parts of a MIME message, left to cloud-init. */
  readonly foreignParts: readonly ForeignPart[]
  /** Problems of the text itself; plugins add theirs when planning. */
  readonly diagnostics: readonly Diagnostic[]
}

/** The script at the top of a context (CONTEXT-SPEC 1.3). */
export interface LeadingScript {
  /** Undefined: recognized as a script, but of no phase that is run; a diagnostic says so. */
  readonly phase: 'before' | 'after' | undefined
  /** `program` is an absolute path, or the name of a program on the PATH. */
  readonly interpreter: { readonly program: string; readonly posix: boolean }
  /** The text to run: from its first line to its last `exit`, LF line ends. */
  readonly text: string
  readonly span: Span
}

/** The settings of the boot loader (CONTEXT-SPEC 1.5); never evaluated as shell. */
export interface BootBlock {
  /** By upper-case key; booleans as `1` and `0`. */
  readonly settings: ReadonlyMap<string, string>
  readonly span: Span | undefined
}

/** A MIME part for somebody else. */
export interface ForeignPart {
  readonly contentType: string
  readonly filename: string | undefined
  readonly text: string
}
