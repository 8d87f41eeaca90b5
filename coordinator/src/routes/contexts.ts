import { PageQuery, pageOf } from '@muster/contexts/wire/common.ts'
import {
  Context,
  ContextChange,
  ContextId,
  ContextVersion,
  ContextVersionInfo,
  NewContext,
  NewContextVersion,
  VersionNumber,
} from '@muster/contexts/wire/contexts.ts'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { changeContext, createContext, deleteContext, publishVersion } from '../contexts/change.ts'
import { presentContexts, presentOne, presentVersion } from '../contexts/present.ts'
import { notFound } from '../http/api-error.ts'
import { etagOf, requireMatch } from '../http/etag.ts'
import { accountOf } from '../http/guard.ts'
import { createOnceByKey } from '../http/idempotency.ts'
import { NO_NUL } from '../http/json-body.ts'
import { answer, needsAccount, noContent, problems } from '../http/replies.ts'
import type { App, Parts } from '../parts.ts'
import type { StoredContext } from '../store/contexts.ts'
import type { Repositories } from '../store/repositories.ts'

/** A body of the largest stored text, each character escaped at worst. */
const BODY_LIMIT = 4_000_000
const tags = ['contexts']
const ById = Type.Object({ id: ContextId })
const ByVersion = Type.Object({ id: ContextId, version: VersionNumber })
const ListQuery = Type.Object({
  ...PageQuery.properties,
  name: Type.Optional(Type.String({ maxLength: 100, pattern: NO_NUL, description: 'Exactly this name' })),
  query: Type.Optional(Type.String({ maxLength: 200, pattern: NO_NUL, description: 'Part of name or description' })),
})
const IfMatch = Type.Object({ 'if-match': Type.Optional(Type.String({ maxLength: 1000 })) })
const IdempotencyKey = Type.Object({ 'idempotency-key': Type.Optional(Type.String({ maxLength: 200 })) })
const Both = Type.Object({ ...IfMatch.properties, ...IdempotencyKey.properties })
const account = ['not-signed-in', 'scope-missing', 'cross-site', 'not-found'] as const
const stored = ['too-large', 'not-text', 'not-sealed', 'unsupported-media-type'] as const
const keyed = ['idempotency-key-missing', 'idempotency-key-reused', 'request-in-flight'] as const
const matched = ['precondition-required', 'precondition-failed'] as const

/** Contexts and their versions; all of them the asking account's own. */
export function registerContextRoutes(app: App, parts: Parts): void {
  registerReading(app, parts)
  registerVersions(app, parts)
  registerPublishing(app, parts)
  registerChanging(app, parts)
}

function registerReading(app: App, parts: Parts): void {
  const onRequest = parts.guards.account('contexts:read')

  app.get('/contexts', {
    onRequest,
    schema: {
      tags,
      summary: 'List the contexts',
      ...needsAccount('contexts:read'),
      querystring: ListQuery,
      response: { 200: answer(pageOf(Context), 'Newest first.'), ...problems(...account, 'invalid-cursor') },
    },
    handler: async (request, reply) => {
      const { accountId } = accountOf(request)
      const { name, query } = request.query
      const filter = {
        ...(name === undefined ? {} : { name: name.normalize('NFC') }),
        ...(query === undefined ? {} : { query }),
      }
      return parts.paginate(request, reply, {
        scope: ['contexts', accountId, name ?? '', query ?? ''],
        query: request.query,
        read: (page) => parts.store.read.contexts.list(accountId, filter, page),
        keyOf: (context) => context.id,
        present: (contexts) => presentContexts(parts.store.read, contexts),
      })
    },
  })

  app.get('/contexts/:id', {
    onRequest,
    schema: {
      tags,
      summary: 'One context',
      ...needsAccount('contexts:read'),
      params: ById,
      response: { 200: answer(Context, 'With its ETag.'), ...problems(...account) },
    },
    handler: async (request, reply) => {
      const context = await ownContext(parts.store.read, request, request.params.id)
      reply.header('etag', etagOf(context.id, context.revision))
      return presentOne(parts.store.read, context)
    },
  })
}

function registerVersions(app: App, parts: Parts): void {
  const onRequest = parts.guards.account('contexts:read')
  const { read } = parts.store

  app.get('/contexts/:id/versions', {
    onRequest,
    schema: {
      tags,
      summary: 'List the versions of a context',
      ...needsAccount('contexts:read'),
      params: ById,
      querystring: PageQuery,
      response: { 200: answer(pageOf(ContextVersionInfo), 'Newest first.'), ...problems(...account, 'invalid-cursor') },
    },
    handler: async (request, reply) => {
      const { id, ownerId } = await ownContext(read, request, request.params.id)
      return parts.paginate(request, reply, {
        scope: ['versions', id],
        query: request.query,
        read: (page) => read.versions.list(id, page),
        keyOf: (version) => String(version.version),
        present: async (versions) => {
          const uses = await read.machines.usesOf(ownerId, [id])
          return versions.map((version) => presentVersion(version, uses))
        },
      })
    },
  })

  app.get('/contexts/:id/versions/:version', {
    onRequest,
    schema: {
      tags,
      summary: 'One version with its body',
      ...needsAccount('contexts:read'),
      params: ByVersion,
      response: { 200: answer(ContextVersion, 'It never changes.'), ...problems(...account) },
    },
    handler: async (request, reply) => {
      const context = await ownContext(read, request, request.params.id)
      const version = await read.versions.find(context.id, request.params.version)
      const body = await read.versions.body(context.id, request.params.version)
      if (version === undefined || body === undefined) throw notFound()
      const uses = await read.machines.usesOf(context.ownerId, [context.id])
      reply.header('etag', `"${version.digest}"`)
      return { ...presentVersion(version, uses), contextId: context.id, contextName: context.name, body }
    },
  })
}

function registerPublishing(app: App, parts: Parts): void {
  const onRequest = parts.guards.account('contexts:write')
  const onceByKey = createOnceByKey(parts)

  app.post('/contexts', {
    bodyLimit: BODY_LIMIT,
    onRequest,
    schema: {
      tags,
      summary: 'Make a context with its version 1',
      ...needsAccount('contexts:write'),
      headers: IdempotencyKey,
      body: NewContext,
      response: {
        201: answer(Context, 'With its ETag.'),
        ...problems(...account, ...stored, ...keyed, 'name-taken', 'too-many'),
      },
    },
    handler: async (request, reply) => {
      const { accountId } = accountOf(request)
      const made = await onceByKey(request, reply, accountId, (tx) => createContext(parts, tx, accountId, request.body))
      return reply.send(made)
    },
  })

  app.post('/contexts/:id/versions', {
    bodyLimit: BODY_LIMIT,
    onRequest,
    schema: {
      tags,
      summary: 'Publish a version',
      ...needsAccount('contexts:write'),
      params: ById,
      headers: Both,
      body: NewContextVersion,
      response: {
        201: answer(Context, 'Its latest is the new version; with the new ETag.'),
        ...problems(...account, ...stored, ...keyed, ...matched),
      },
    },
    handler: async (request, reply) => {
      const { accountId } = accountOf(request)
      const made = await onceByKey(request, reply, accountId, async (tx) => {
        const context = await matchedContext(tx, request, request.params.id)
        return publishVersion(parts, tx, context, request.body)
      })
      return reply.send(made)
    },
  })
}

function registerChanging(app: App, parts: Parts): void {
  const onRequest = parts.guards.account('contexts:write')
  const { store } = parts

  app.patch('/contexts/:id', {
    bodyLimit: 20_000,
    onRequest,
    schema: {
      tags,
      summary: 'Change name or description',
      ...needsAccount('contexts:write'),
      params: ById,
      headers: IfMatch,
      body: ContextChange,
      response: { 200: answer(Context, 'With the new ETag.'), ...problems(...account, ...matched, 'name-taken') },
    },
    handler: async (request, reply) => {
      const [context, presented] = await store.write(async (tx) => {
        const found = await matchedContext(tx, request, request.params.id)
        const changed = await changeContext(parts, tx, found, request.body)
        return [changed, await presentOne(tx, changed)] as const
      })
      reply.header('etag', etagOf(context.id, context.revision))
      return presented
    },
  })

  app.delete('/contexts/:id', {
    onRequest,
    schema: {
      tags,
      summary: 'Delete a context that no machine uses',
      ...needsAccount('contexts:write'),
      params: ById,
      headers: IfMatch,
      response: { 204: noContent, ...problems(...account, ...matched, 'context-in-use') },
    },
    handler: async (request, reply) => {
      await store.write(async (tx) => deleteContext(parts, tx, await matchedContext(tx, request, request.params.id)))
      return reply.code(204).send(null)
    },
  })
}

/** A context of the one who asks. @throws {ApiError} not-found, alike for another's and for none */
async function ownContext(read: Repositories, request: FastifyRequest, id: string): Promise<StoredContext> {
  const context = await read.contexts.find(accountOf(request).accountId, id)
  if (context === undefined) throw notFound()
  return context
}

async function matchedContext(tx: Repositories, request: FastifyRequest, id: string): Promise<StoredContext> {
  const context = await ownContext(tx, request, id)
  requireMatch(request, etagOf(context.id, context.revision))
  return context
}
