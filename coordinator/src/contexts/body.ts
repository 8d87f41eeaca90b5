import { createHash } from 'node:crypto'
import type { ContextFormat } from '@muster/contexts/wire/contexts.ts'
import { ApiError } from '../http/api-error.ts'

/** Largest plain context in bytes; a sealed one may be as large as the wire allows. */
export const MAX_PLAIN_BYTES = 1_048_576

const ARMOR =
  /^-----BEGIN AGE ENCRYPTED FILE-----\r?\n(?:[A-Za-z0-9+/=]{1,64}\r?\n)+-----END AGE ENCRYPTED FILE-----\r?\n?$/

/** What is stored beside a body. */
export interface BodyFacts {
  readonly digest: string
  readonly sizeBytes: number
}

/**
 * Checks what can be checked of a body without opening it.
 *
 * @throws {ApiError} not-text, too-large, not-sealed
 */
export function inspectBody(format: ContextFormat, body: string): BodyFacts {
  if (!body.isWellFormed() || body.includes('\0')) throw new ApiError('not-text')
  const sizeBytes = Buffer.byteLength(body)
  if (format === 'plain' && sizeBytes > MAX_PLAIN_BYTES) {
    throw new ApiError('too-large', `A context may have ${MAX_PLAIN_BYTES} bytes; this one has ${sizeBytes}.`)
  }
  if (format === 'age' && !ARMOR.test(body)) throw new ApiError('not-sealed')
  return { digest: createHash('sha256').update(body).digest('hex'), sizeBytes }
}
