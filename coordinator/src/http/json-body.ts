import type { FastifyInstance } from 'fastify'
import { ApiError } from './api-error.ts'

/** An escaped NUL: an odd number of backslashes before `u0000`. */
const ESCAPED_NUL = /(?<!\\)(?:\\\\)*\\u0000/

/** Pattern of texts of a query that reach the store: the same holds for them. */
export const NO_NUL = '^[^\\u0000]*$'

/**
 * Reads JSON bodies strictly: `__proto__` and `constructor.prototype` are refused, and so is NUL, which not every
 * database can store.
 */
export function addJsonParser(
  app: Pick<FastifyInstance, 'addContentTypeParser' | 'removeContentTypeParser' | 'getDefaultJsonParser'>,
): void {
  app.removeContentTypeParser('text/plain')
  const parse = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, text, done) => {
    if (ESCAPED_NUL.test(text)) done(new ApiError('malformed-json'))
    else void parse(request, text, done)
  })
}
