/** Everything that happens, folded into one number: two runs of one seed end with the same one. */
export interface Trace {
  add(...parts: readonly (string | number)[]): void
  /** 8 hexadecimal digits. */
  hash(): string
}

/** Nothing happened yet. @see Fowler, Noll, Vo, FNV-1a, 32 bits */
export function createTrace(): Trace {
  let hash = 0x811c9dc5
  const fold = (text: string) => {
    for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  return {
    add(...parts) {
      for (const part of parts) fold(`${part} `)
    },
    hash: () => (hash >>> 0).toString(16).padStart(8, '0'),
  }
}
