import { open } from 'node:fs/promises'
import { CliError } from './cli-error.ts'
import type { Terminal } from './terminal.ts'

/** Name under which standard input is read where a file is expected. */
export const STANDARD_INPUT = '-'

/**
 * Bytes of a file, or of standard input for `-`; at most one more than `maxBytes`, so that the reader can say that
 * there are too many.
 *
 * @throws {CliError} bad-file - it cannot be read
 */
export async function readBytes(terminal: Terminal, file: string, maxBytes: number): Promise<Uint8Array> {
  if (file === STANDARD_INPUT) return await terminal.readInput(maxBytes)
  try {
    await using handle = await open(file, 'r')
    if ((await handle.stat()).isDirectory()) throw new Error('it is a directory')
    const buffer = new Uint8Array(maxBytes + 1)
    let size = 0
    while (size < buffer.length) {
      const { bytesRead } = await handle.read(buffer, size, buffer.length - size)
      if (bytesRead === 0) break
      size += bytesRead
    }
    return buffer.subarray(0, size)
  } catch (cause) {
    throw new CliError('bad-file', `${file} cannot be read: ${reasonOf(cause)}`, {
      cause,
      hint: 'Check the name and the permissions; "-" reads standard input.',
    })
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of its path is no directory',
  ELOOP: 'its links go in a circle',
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  const code = 'code' in cause ? String(cause.code) : ''
  return REASONS[code] ?? cause.message
}
