/**
 * Keys that a section may have. One table gives decoding, unknown-key warnings, the form in the editor, completion and
 * the reference page, so that they cannot disagree.
 */
export interface PluginSchema {
  readonly description: string
  readonly keys: readonly KeySchema[]
}

/** One key of a section. */
export interface KeySchema {
  /** Lower case, as the reader gives it. */
  readonly key: string
  /** Other spellings that mean the same. */
  readonly aliases?: readonly string[]
  readonly type:
    | 'text'
    | 'boolean'
    | 'integer'
    | 'choice'
    | 'list'
    | 'users'
    | 'environment'
    | 'base64'
    | 'icons'
    | 'repositories'
  readonly choices?: readonly string[]
  /** Range of an integer. */
  readonly minimum?: number
  readonly maximum?: number
  readonly default?: string
  readonly isSecret?: boolean
  /** The section is of no use without it. */
  readonly isRequired?: boolean
  /** Accepted without effect since this version; a note says why. */
  readonly ignored?: string
  readonly description: string
  readonly example?: string
}
