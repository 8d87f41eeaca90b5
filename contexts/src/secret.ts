const MASK = '••••••'

/**
 * Text that must not be shown: printing, JSON and inspection give a mask, only `reveal` gives the text.
 */
export class Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  /** The text itself; call it where it is used, never to build a message. */
  reveal(): string {
    return this.#text
  }

  /** Length in UTF-16 units, which is all that may be told. */
  get length(): number {
    return this.#text.length
  }

  equals(other: Secret): boolean {
    return this.#text === other.#text
  }

  toString(): string {
    return MASK
  }

  toJSON(): string {
    return MASK
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return MASK
  }
}
