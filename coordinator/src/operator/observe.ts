import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App, Parts } from '../parts.ts'

/** Routes that are asked all the time; their lines are for developers. */
const QUIET = new Set(['/livez', '/readyz', '/metrics'])
/** Routes whose duration says nothing of the server. */
const WAITING = new Set(['/api/v2/pairings/:id/messages', '/api/v2/events', '/dist/sha256/:sha256'])
const KNOWN_METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** Counts and logs every answer by its route, never by its path or query. */
export function observeRequests(app: App, parts: Parts): void {
  app.addHook('onResponse', async (request: FastifyRequest, reply: FastifyReply) => {
    const route = request.routeOptions.url ?? 'none'
    const method = KNOWN_METHODS.has(request.method) ? request.method : 'other'
    const status = reply.statusCode
    if (!WAITING.has(route)) parts.metrics.request({ method, route, status }, reply.elapsedTime / 1000)
    const fields = { requestId: request.id, method, route, status, durationMs: Math.round(reply.elapsedTime) }
    if (QUIET.has(route)) parts.log.debug(fields, 'answered')
    else parts.log.info(fields, 'answered')
  })
}
