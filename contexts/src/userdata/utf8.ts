/** Continuation bytes after a lead byte, with the range of the first of them; undefined for a byte that leads nothing. */
function sequenceOf(lead: number): { readonly count: number; readonly low: number; readonly high: number } | undefined {
  if (lead < 0x80) return { count: 0, low: 0, high: 0 }
  if (lead >= 0xc2 && lead <= 0xdf) return { count: 1, low: 0x80, high: 0xbf }
  if (lead >= 0xe0 && lead <= 0xef)
    return { count: 2, low: lead === 0xe0 ? 0xa0 : 0x80, high: lead === 0xed ? 0x9f : 0xbf }
  if (lead >= 0xf0 && lead <= 0xf4)
    return { count: 3, low: lead === 0xf0 ? 0x90 : 0x80, high: lead === 0xf4 ? 0x8f : 0xbf }
  return undefined
}

/** Where the first sequence that is not UTF-8 starts: needed for the message only, since decoders do not tell. */
export function firstInvalidUtf8(bytes: Uint8Array): number | undefined {
  let index = 0
  while (index < bytes.length) {
    const sequence = sequenceOf(bytes[index] ?? 0xff)
    if (sequence === undefined) return index
    for (let step = 1; step <= sequence.count; step += 1) {
      const byte = bytes[index + step] ?? 0
      const low = step === 1 ? sequence.low : 0x80
      const high = step === 1 ? sequence.high : 0xbf
      if (byte < low || byte > high) return index
    }
    index += 1 + sequence.count
  }
  return undefined
}

/** Line of a byte, from 1. */
export function lineOfByte(bytes: Uint8Array, offset: number): number {
  let line = 1
  for (let index = 0; index < offset; index += 1) if (bytes[index] === 0x0a) line += 1
  return line
}
