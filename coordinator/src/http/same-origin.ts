import type { FastifyRequest } from 'fastify'
import { ApiError } from './api-error.ts'

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Refuses a change that is authenticated by the cookie unless the browser says that our own pages send it.
 *
 * @throws {ApiError} cross-site
 */
export function requireSameOrigin(request: FastifyRequest): void {
  if (!SAFE_METHODS.has(request.method) && senderOf(request) !== 'same') throw new ApiError('cross-site')
}

/** Refuses what a browser says to come from elsewhere; lets programs pass, which say nothing. For sign-in. */
export function refuseCrossSite(request: FastifyRequest): void {
  if (senderOf(request) === 'other') throw new ApiError('cross-site')
}

function senderOf(request: FastifyRequest): 'same' | 'other' | 'silent' {
  const site = request.headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin' ? 'same' : 'other'
  const { origin } = request.headers
  if (origin === undefined) return 'silent'
  if (origin === request.publicOrigin()) return 'same'
  return URL.canParse(origin) && new URL(origin).host === request.headers.host ? 'same' : 'other'
}
