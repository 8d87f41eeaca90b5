import { ContextError } from '../fault.ts'
import { decodeUtf8 } from './base64.ts'
import type { Diagnostic } from './diagnostic.ts'
import { MAX_CONTEXT_BYTES } from './document.ts'
import { problem } from './problem.ts'
import { START } from './text.ts'
import { firstInvalidUtf8, lineOfByte } from './utf8.ts'

/** A text as it came in, and what was odd about its coding. */
export interface TransportedText {
  readonly text: string
  readonly diagnostics: readonly Diagnostic[]
}

/**
 * Text of user-data bytes: gzip is undone where the magic number says so (CONTEXT-SPEC 1.2), then strict UTF-8.
 *
 * A gzip bomb stops at the limit; nothing beyond it is decompressed. Bytes that start like gzip and are not are taken
 * as they are.
 *
 * @throws {ContextError} too-large - more than `MAX_CONTEXT_BYTES` before or after decompression
 * @throws {ContextError} not-text - neither UTF-8 text nor gzip of it; `details` has `line` and `offset` in bytes
 */
export async function readTransport(bytes: Uint8Array): Promise<TransportedText> {
  if (bytes.length > MAX_CONTEXT_BYTES) throw tooLarge()
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b
  const content = isGzip ? ((await inflate(bytes)) ?? bytes) : bytes
  return readText(content, isGzip && content === bytes)
}

function readText(bytes: Uint8Array, isBrokenGzip: boolean): TransportedText {
  refuseUtf16(bytes)
  const text = decodeUtf8(bytes)
  if (text === undefined) throw notUtf8(bytes, isBrokenGzip)
  const zero = bytes.indexOf(0)
  if (zero !== -1) throw binary(bytes, zero)
  if (!text.startsWith('\ufeff')) return { text, diagnostics: [] }
  const message = 'The text starts with a UTF-8 byte order mark, which is skipped'
  return {
    text: text.slice(1),
    diagnostics: [problem('byte-order-mark', START, message, 'Save the file as UTF-8 without BOM.')],
  }
}

/** Decompressed bytes, or undefined when it is no gzip. */
async function inflate(bytes: Uint8Array): Promise<Uint8Array | undefined> {
  const source = new Blob([new Uint8Array(bytes)]).stream()
  const reader = source.pipeThrough(new DecompressionStream('gzip')).getReader()
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return joinBytes(chunks, size)
      size += value.byteLength
      if (size > MAX_CONTEXT_BYTES) break
      chunks.push(value)
    }
  } catch {
    // Not gzip, or damaged: the old readers go on with the bytes as they are, and so does the caller.
    return undefined
  }
  await reader.cancel()
  throw tooLarge()
}

function joinBytes(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const joined = new Uint8Array(size)
  let offset = 0
  for (const chunk of chunks) {
    joined.set(chunk, offset)
    offset += chunk.byteLength
  }
  return joined
}

function refuseUtf16(bytes: Uint8Array): void {
  const isLittle = bytes[0] === 0xff && bytes[1] === 0xfe
  const isBig = bytes[0] === 0xfe && bytes[1] === 0xff
  if (!isLittle && !isBig) return
  throw new ContextError('not-text', 'The context is UTF-16 text; only UTF-8 is read', {
    hint: 'Save the file as UTF-8.',
    details: { line: 1, offset: 0 },
  })
}

function tooLarge(): ContextError {
  return new ContextError('too-large', `The context is larger than ${MAX_CONTEXT_BYTES / 1024} KiB`, {
    hint: 'Put large files where the machine can fetch them, and let the context name them.',
  })
}

function notUtf8(bytes: Uint8Array, isBrokenGzip: boolean): ContextError {
  const offset = firstInvalidUtf8(bytes) ?? 0
  const line = lineOfByte(bytes, offset)
  if (isBrokenGzip) {
    return new ContextError('not-text', 'The context starts like a gzip file, but cannot be decompressed', {
      hint: 'The file is damaged or cut; pack it again with gzip, or use it unpacked.',
      details: { line, offset },
    })
  }
  return new ContextError('not-text', `The context is not UTF-8 text: byte ${offset} in line ${line} cannot be read`, {
    hint: 'Save the file as UTF-8; a context is a plain text.',
    details: { line, offset },
  })
}

function binary(bytes: Uint8Array, offset: number): ContextError {
  const line = lineOfByte(bytes, offset)
  return new ContextError(
    'not-text',
    `The context is not text: there is a zero byte in line ${line} (byte ${offset})`,
    {
      hint: 'A context is a plain UTF-8 text; a binary file or UTF-16 cannot be used.',
      details: { line, offset },
    },
  )
}
