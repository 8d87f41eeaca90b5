import { crc32 } from 'node:zlib'

const CHECKSUM_CHARS = 8

/** One value as a line of a log: checksum, space, JSON. */
export function encodeLine(value: unknown): string {
  const json = JSON.stringify(value)
  return `${checksumOf(json)} ${json}\n`
}

/** Values of a log text, and whether something else than a torn last line is damaged. */
export interface DecodedLines {
  /** As JSON gives them; who trusts nobody else to write checksums still checks their shape. */
  readonly values: readonly unknown[]
  /** The last line was cut, or is not what was written: whoever wrote it had not been told that it is there. */
  readonly isTorn: boolean
  /** A line before others is not what was written: the disk or somebody else changed it. */
  readonly isDamaged: boolean
}

/** Reads a log as far as it is whole; damaged lines are left out and told. */
export function decodeLines(text: string): DecodedLines {
  const lines = text.split('\n')
  const tail = lines.pop() ?? ''
  const values: unknown[] = []
  let isTorn = tail !== ''
  let isDamaged = false
  lines.forEach((line, number) => {
    const value = decodeLine(line)
    if (value !== undefined) values.push(value)
    else if (number === lines.length - 1 && tail === '') isTorn = true
    else isDamaged = true
  })
  return { values, isTorn, isDamaged }
}

function decodeLine(line: string): unknown {
  const json = line.slice(CHECKSUM_CHARS + 1)
  if (line.slice(0, CHECKSUM_CHARS) !== checksumOf(json)) return undefined
  try {
    return JSON.parse(json)
  } catch {
    // A damaged line with a checksum that fits by chance.
    return undefined
  }
}

function checksumOf(text: string): string {
  return crc32(text).toString(16).padStart(CHECKSUM_CHARS, '0')
}
