/**
 * Error with a code that programs decide by; the message is for people and holds no secret.
 *
 * Each workspace has one subclass with a closed union of codes. Problems in what a person wrote are not errors but
 * `Diagnostic` values; bugs are plain errors that stop the process.
 */
export class CodedError<Code extends string> extends Error {
  /** What happened, as one of a closed list. */
  readonly code: Code
  /** What the reader can do next, one sentence. */
  readonly hint: string | undefined
  /** JSON-safe facts for logs and answers; never a secret. */
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: Code, message: string, options: FaultOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = new.target.name
    this.code = code
    this.hint = options.hint
    this.details = options.details ?? {}
  }
}

/** What may accompany a `CodedError`. */
export interface FaultOptions {
  readonly cause?: unknown
  readonly hint?: string
  readonly details?: Readonly<Record<string, unknown>>
}

/**
 * Why a context cannot be used.
 *
 * `too-large` the text is above the limit of its kind · `not-text` it is neither UTF-8 text nor gzip of it ·
 * `invalid` it has error diagnostics · `sealed` it must be opened with its passphrase first ·
 * `wrong-passphrase` the passphrase or key does not open it · `damaged` a sealed text that is cut or altered ·
 * `weak-passphrase` too short to seal with
 */
export type ContextErrorCode =
  | 'too-large'
  | 'not-text'
  | 'invalid'
  | 'sealed'
  | 'wrong-passphrase'
  | 'damaged'
  | 'weak-passphrase'

/** A context that cannot be used; HTTP 422, exit code 65. */
export class ContextError extends CodedError<ContextErrorCode> {}

/**
 * Why a pairing stopped.
 *
 * `pin-format` not 8 letters of the alphabet · `pin-wrong` the secret half differs from the machine's ·
 * `protocol` the other side broke the protocol · `too-large` a message above the channel's limit ·
 * `forged` a message that does not authenticate · `machine-silent` the machine does not answer in time ·
 * `declined` the machine refused this claim · `ended` the pairing expired, was burned or belongs to somebody else now
 */
export type PairingErrorCode =
  | 'pin-format'
  | 'pin-wrong'
  | 'protocol'
  | 'too-large'
  | 'forged'
  | 'machine-silent'
  | 'declined'
  | 'ended'

/** A pairing that stopped; exit code 75 (`pin-format`: 64). */
export class PairingError extends CodedError<PairingErrorCode> {}
