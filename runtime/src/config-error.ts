/** `missing` a required key · `invalid` an unknown key or a bad value · `unreadable` the file cannot be read. */
export type ConfigErrorCode = 'missing' | 'invalid' | 'unreadable'

/** A configuration that cannot be used; exit code 78. Has the shape of the other coded errors. */
export class ConfigError extends Error {
  readonly code: ConfigErrorCode
  readonly hint: string | undefined
  readonly details: Readonly<Record<string, unknown>> = {}

  constructor(
    code: ConfigErrorCode,
    message: string,
    options: { readonly hint?: string; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'ConfigError'
    this.code = code
    this.hint = options.hint
  }
}
