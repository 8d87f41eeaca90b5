import { ApiToken, IssuedToken, NewToken, TokenId } from '@muster/contexts/wire/accounts.ts'
import { PageQuery, pageOf } from '@muster/contexts/wire/common.ts'
import { Type } from 'typebox'
import { issueApiToken, presentToken, revokeApiToken } from '../accounts/tokens.ts'
import { notFound } from '../http/api-error.ts'
import { accountOf } from '../http/guard.ts'
import { answer, needsSession, noContent, problems } from '../http/replies.ts'
import type { App, Parts } from '../parts.ts'

const tags = ['tokens']

/** API tokens; made and taken back in the browser only, so that a token cannot make itself a stronger one. */
export function registerTokenRoutes(app: App, parts: Parts): void {
  const onRequest = parts.guards.session

  app.post('/tokens', {
    bodyLimit: 4096,
    onRequest,
    schema: {
      tags,
      summary: 'Make an API token',
      ...needsSession,
      body: NewToken,
      response: {
        201: answer(IssuedToken, 'The only time that the token is shown.'),
        ...problems('not-signed-in', 'scope-missing', 'cross-site', 'too-many'),
      },
    },
    handler: async (request, reply) => {
      const { accountId } = accountOf(request)
      const issued = await parts.store.write((tx) => issueApiToken(parts, tx, accountId, request.body))
      return reply.code(201).send(issued)
    },
  })

  app.get('/tokens', {
    onRequest,
    schema: {
      tags,
      summary: 'List the API tokens',
      ...needsSession,
      querystring: PageQuery,
      response: {
        200: answer(pageOf(ApiToken), 'Newest first.'),
        ...problems('not-signed-in', 'scope-missing', 'invalid-cursor'),
      },
    },
    handler: async (request, reply) => {
      const { accountId } = accountOf(request)
      return parts.paginate(request, reply, {
        scope: ['tokens', accountId],
        query: request.query,
        read: (page) => parts.store.read.apiTokens.list(accountId, page),
        keyOf: (token) => token.id,
        present: (tokens) => tokens.map(presentToken),
      })
    },
  })

  app.delete('/tokens/:id', {
    onRequest,
    schema: {
      tags,
      summary: 'Take an API token back',
      ...needsSession,
      params: Type.Object({ id: TokenId }),
      response: { 204: noContent, ...problems('not-signed-in', 'scope-missing', 'cross-site', 'not-found') },
    },
    handler: async (request, reply) => {
      const { accountId } = accountOf(request)
      const done = await parts.store.write((tx) => revokeApiToken(parts, tx, accountId, request.params.id))
      if (!done) throw notFound()
      return reply.code(204).send(null)
    },
  })
}
