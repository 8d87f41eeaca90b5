/** Something that cannot be built here; says what to do about it. */
export class BuildError extends Error {
  static readonly exitCode = 70
  readonly hint: string

  constructor(message: string, hint: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'BuildError'
    this.hint = hint
  }
}
