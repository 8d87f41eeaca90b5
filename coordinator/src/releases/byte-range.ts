/** What is asked of a file: all of it, one piece (`end` inclusive), or something that it does not have. */
export type WantedBytes =
  | { readonly kind: 'whole' }
  | { readonly kind: 'piece'; readonly start: number; readonly end: number }
  | { readonly kind: 'beyond' }

/**
 * Reads a `Range` header (RFC 9110, 14.2). Several ranges, other units and nonsense count as not written, which the
 * standard allows.
 */
export function decodeRange(header: string | undefined, sizeBytes: number): WantedBytes {
  const [, first, last] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec((header ?? '').trim()) ?? []
  if (first === undefined || last === undefined || (first === '' && last === '')) return { kind: 'whole' }
  if (first === '') {
    const count = Math.min(Number(last), sizeBytes)
    return count === 0 ? { kind: 'beyond' } : { kind: 'piece', start: sizeBytes - count, end: sizeBytes - 1 }
  }
  const start = Number(first)
  const end = last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1)
  if (last !== '' && Number(last) < start) return { kind: 'whole' }
  return start >= sizeBytes ? { kind: 'beyond' } : { kind: 'piece', start, end }
}
