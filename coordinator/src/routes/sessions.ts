import { SessionId, SessionInfo } from '@muster/contexts/wire/accounts.ts'
import { PageQuery, pageOf } from '@muster/contexts/wire/common.ts'
import { Type } from 'typebox'
import { endSession, presentSessionInfo } from '../accounts/sessions.ts'
import { notFound } from '../http/api-error.ts'
import { clearSessionCookie } from '../http/cookie.ts'
import { accountOf } from '../http/guard.ts'
import { answer, needsSession, noContent, problems } from '../http/replies.ts'
import type { App, Parts } from '../parts.ts'

const tags = ['accounts']

/** The browsers in which a person is signed in; for browsers only, so that a stolen token cannot end them. */
export function registerSessionRoutes(app: App, parts: Parts): void {
  const onRequest = parts.guards.session

  app.get('/sessions', {
    onRequest,
    schema: {
      tags,
      summary: 'List the browsers that are signed in',
      ...needsSession,
      querystring: PageQuery,
      response: {
        200: answer(pageOf(SessionInfo), 'Newest first.'),
        ...problems('not-signed-in', 'scope-missing', 'invalid-cursor'),
      },
    },
    handler: async (request, reply) => {
      const by = accountOf(request)
      return parts.paginate(request, reply, {
        scope: ['sessions', by.accountId],
        query: request.query,
        read: (page) => parts.store.read.sessions.list(by.accountId, parts.clock.now(), page),
        keyOf: (session) => session.id,
        present: (sessions) => sessions.map((session) => presentSessionInfo(session, by)),
      })
    },
  })

  app.delete('/sessions/:id', {
    onRequest,
    schema: {
      tags,
      summary: 'Sign a browser out',
      ...needsSession,
      params: Type.Object({ id: SessionId }),
      response: { 204: noContent, ...problems('not-signed-in', 'scope-missing', 'cross-site', 'not-found') },
    },
    handler: async (request, reply) => {
      const by = accountOf(request)
      const ended = await parts.store.write((tx) => endSession(parts, tx, by, request.params.id))
      if (ended === undefined) throw notFound()
      if (ended.isCurrent) clearSessionCookie(request, reply)
      return reply.code(204).send(null)
    },
  })
}
