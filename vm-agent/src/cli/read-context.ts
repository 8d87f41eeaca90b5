import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import { digestText } from '@muster/contexts/context/digest.ts'
import type { Diagnostic } from '@muster/contexts/userdata/diagnostic.ts'
import { MAX_CONTEXT_BYTES } from '@muster/contexts/userdata/document.ts'
import { readTransport } from '@muster/contexts/userdata/transport.ts'
import type { ContextReference } from '@muster/contexts/wire/machines.ts'
import { CommandError } from './command-error.ts'
import type { CommandIo } from './command-io.ts'

/** A context as a command got it. */
export interface GivenContext {
  readonly text: string
  readonly reference: ContextReference
  /** What was odd about its bytes. */
  readonly diagnostics: readonly Diagnostic[]
}

/** Longest name that a context takes from its file. */
const MAX_NAME_LENGTH = 100

/**
 * Reads a context file, `-` for standard input; gzip is undone.
 *
 * @throws {CommandError} bad-file
 * @throws {ContextError} too-large, not-text
 */
export async function readContext(io: CommandIo, file: string): Promise<GivenContext> {
  const bytes = file === '-' ? await readStream(io.input) : await readFileBounded(file)
  const { text, diagnostics } = await readTransport(bytes)
  const name =
    file === '-'
      ? 'standard input'
      : basename(file)
          .replace(/\.context$/, '')
          .slice(0, MAX_NAME_LENGTH)
  return { text, diagnostics, reference: { name, digest: digestText(text) } }
}

/** One byte above the limit is enough to tell that there is too much. */
const READ_LIMIT = MAX_CONTEXT_BYTES + 1

async function readFileBounded(file: string): Promise<Uint8Array> {
  try {
    const handle = await open(file, 'r')
    try {
      return await readStream(handle.createReadStream({ end: READ_LIMIT - 1, autoClose: false }))
    } finally {
      await handle.close()
    }
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ''
    throw new CommandError('bad-file', `${file} cannot be read${code}`, {
      cause,
      hint: 'Name a file with a context, or - for standard input.',
    })
  }
}

async function readStream(stream: AsyncIterable<Uint8Array | string>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of stream) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    chunks.push(bytes)
    size += bytes.byteLength
    if (size >= READ_LIMIT) break
  }
  return new Uint8Array(Buffer.concat(chunks))
}
