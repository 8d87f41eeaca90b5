import { Event } from '@muster/contexts/wire/events.ts'
import { Type } from 'typebox'
import { streamEvents } from '../events/stream.ts'
import { ApiError } from '../http/api-error.ts'
import { closedSignal } from '../http/closed.ts'
import { accountOf } from '../http/guard.ts'
import { needsAccount, problems } from '../http/replies.ts'
import type { App, Parts } from '../parts.ts'

const Sequence = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })

/** The log of an account as a stream. */
export function registerEventRoutes(app: App, parts: Parts): void {
  const open = new Map<string, number>()

  app.get('/events', {
    onRequest: parts.guards.account('events:read'),
    schema: {
      tags: ['events'],
      summary: 'Follow what happens, as server-sent events',
      ...needsAccount('events:read'),
      querystring: Type.Object({ after: Type.Optional(Sequence) }),
      headers: Type.Object({ 'last-event-id': Type.Optional(Type.String({ maxLength: 20 })) }),
      response: {
        200: {
          description: 'The `data` of each event is this object; `event: resync` has `{"sequence": n}`.',
          content: { 'text/event-stream': { schema: Event } },
        },
        ...problems('not-signed-in', 'scope-missing', 'too-many-streams'),
      },
    },
    handler: async (request, reply) => {
      const principal = accountOf(request)
      const { accountId } = principal
      const count = open.get(accountId) ?? 0
      if (count >= parts.limits.streamsPerAccount) throw new ApiError('too-many-streams')
      const after = lastSeen(request.headers['last-event-id']) ?? request.query.after
      reply.hijack()
      const out = reply.raw
      for (const [name, value] of Object.entries(reply.getHeaders()))
        if (value !== undefined) out.setHeader(name, value)
      out.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' })
      open.set(accountId, count + 1)
      parts.metrics.streams(1)
      try {
        const signal = AbortSignal.any([closedSignal(reply), parts.stopping])
        await streamEvents(parts, out, { principal, after, signal })
      } catch (error) {
        parts.log.error({ requestId: request.id, error }, 'event stream failed')
      } finally {
        const left = (open.get(accountId) ?? 1) - 1
        if (left === 0) open.delete(accountId)
        else open.set(accountId, left)
        parts.metrics.streams(-1)
        // The server that stops has closed the idle connections already; the client would keep this one for seconds.
        out.end(() => parts.stopping.aborted && request.raw.socket.destroySoon())
      }
      return reply
    },
  })
}

/** What a browser sends by itself when it connects again; anything else is as if it were not there. */
function lastSeen(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : undefined
}
