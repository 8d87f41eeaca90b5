import type { FastifyRequest } from 'fastify'
import { ApiError } from './api-error.ts'

/** The strong validator of a document at one revision. */
export function etagOf(id: string, revision: number): string {
  return `"${id}.${revision}"`
}

/**
 * Lets a change through only when it was made from the current state.
 *
 * @throws {ApiError} precondition-required without If-Match; precondition-failed, with the current ETag, when stale
 */
export function requireMatch(request: FastifyRequest, current: string): void {
  const header = request.headers['if-match']
  if (header === undefined) throw new ApiError('precondition-required')
  checkMatch(header, current)
}

/** The same where If-Match is a choice of the client. @throws {ApiError} precondition-failed */
export function allowMatch(request: FastifyRequest, current: string): void {
  const header = request.headers['if-match']
  if (header !== undefined) checkMatch(header, current)
}

function checkMatch(header: string, current: string): void {
  const tags = header.split(',').map((tag) => tag.trim())
  if (tags.includes('*') || tags.includes(current)) return
  throw new ApiError('precondition-failed', undefined, { headers: { etag: current } })
}
