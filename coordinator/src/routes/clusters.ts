import {
  AuthorizedMachine,
  Cluster,
  ClusterDefinition,
  ClusterId,
  ClusterMesh,
  NewCluster,
  NewClusterMachine,
  PeerId,
} from '@muster/contexts/wire/clusters.ts'
import { PageQuery, pageOf } from '@muster/contexts/wire/common.ts'
import { isPeerId } from '@muster/mesh/admission/peer-id.ts'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { createAuthorizeMachine } from '../clusters/authorize.ts'
import { createCluster, deleteCluster, publishDefinition, requireMeshes } from '../clusters/change.ts'
import { presentMesh } from '../clusters/mesh-view.ts'
import { presentCluster, presentClusters } from '../clusters/present.ts'
import { revokeMember } from '../clusters/revoke.ts'
import { ApiError, notFound } from '../http/api-error.ts'
import { etagOf, requireMatch } from '../http/etag.ts'
import { accountOf } from '../http/guard.ts'
import { createOnceByKey } from '../http/idempotency.ts'
import { NO_NUL } from '../http/json-body.ts'
import { answer, needsAccount, noContent, problems } from '../http/replies.ts'
import type { App, Parts } from '../parts.ts'
import type { StoredCluster } from '../store/clusters.ts'
import type { Repositories } from '../store/repositories.ts'

/** A definition of the most services and clouds with long commands and addresses stays below. */
const BODY_LIMIT = 1_000_000
const SMALL_BODY = 16_384
const tags = ['clusters']
const ById = Type.Object({ id: ClusterId })
const ByMember = Type.Object({ id: ClusterId, peer: PeerId })
const ListQuery = Type.Object({
  ...PageQuery.properties,
  name: Type.Optional(Type.String({ maxLength: 63, pattern: NO_NUL, description: 'Exactly this name' })),
})
const IfMatch = Type.Object({ 'if-match': Type.Optional(Type.String({ maxLength: 1000 })) })
const IdempotencyKey = Type.Object({ 'idempotency-key': Type.Optional(Type.String({ maxLength: 200 })) })
const account = ['not-signed-in', 'scope-missing', 'cross-site', 'not-found'] as const
const keyed = ['idempotency-key-missing', 'idempotency-key-reused', 'request-in-flight'] as const
const matched = ['precondition-required', 'precondition-failed'] as const
const signed = ['mesh-off', 'invalid-cluster', 'too-large'] as const

/** Clusters with their definitions and members; all of them the asking account's own. */
export function registerClusterRoutes(app: App, parts: Parts): void {
  registerReading(app, parts)
  registerMaking(app, parts)
  registerChanging(app, parts)
  registerAdmission(app, parts)
}

function registerReading(app: App, parts: Parts): void {
  const onRequest = parts.guards.account('clusters:read')
  const { read } = parts.store

  app.get('/clusters', {
    onRequest,
    schema: {
      tags,
      summary: 'List the clusters',
      ...needsAccount('clusters:read'),
      querystring: ListQuery,
      response: { 200: answer(pageOf(Cluster), 'Newest first.'), ...problems(...account, 'invalid-cursor') },
    },
    handler: async (request, reply) => {
      const { accountId } = accountOf(request)
      const { name } = request.query
      return parts.paginate(request, reply, {
        scope: ['clusters', accountId, name ?? ''],
        query: request.query,
        read: (page) => read.clusters.list(accountId, name, page),
        keyOf: (cluster) => cluster.id,
        present: (clusters) => presentClusters(read, clusters),
      })
    },
  })

  app.get('/clusters/:id', {
    onRequest,
    schema: {
      tags,
      summary: 'One cluster with its definition',
      ...needsAccount('clusters:read'),
      params: ById,
      response: { 200: answer(Cluster, 'With its ETag.'), ...problems(...account) },
    },
    handler: async (request, reply) => {
      const cluster = await ownCluster(read, request, request.params.id)
      const [presented] = await presentClusters(read, [cluster])
      if (presented === undefined) throw notFound()
      reply.header('etag', etagOf(cluster.id, presented.version))
      return presented
    },
  })

  app.get('/clusters/:id/mesh', {
    onRequest,
    schema: {
      tags,
      summary: 'Members, services and connections as the coordinator sees them',
      ...needsAccount('clusters:read'),
      params: ById,
      response: {
        200: answer(ClusterMesh, 'As it is now; ages in milliseconds.'),
        ...problems(...account, 'mesh-off'),
      },
    },
    handler: async (request) => {
      const cluster = await ownCluster(read, request, request.params.id)
      const meshes = requireMeshes(parts)
      const node = meshes.node(cluster.id)
      const definition = await read.clusters.latestDefinition(cluster.id)
      if (definition === undefined) throw notFound()
      if (node === undefined) throw new ApiError('mesh-off', meshes.trouble())
      return presentMesh({ clusterId: cluster.id, definition: definition.content, node, now: parts.clock.now() })
    },
  })
}

function registerMaking(app: App, parts: Parts): void {
  const onceByKey = createOnceByKey(parts)

  app.post('/clusters', {
    bodyLimit: BODY_LIMIT,
    onRequest: parts.guards.account('clusters:write'),
    schema: {
      tags,
      summary: 'Make a cluster with the version 1 of its definition',
      ...needsAccount('clusters:write'),
      headers: IdempotencyKey,
      body: NewCluster,
      response: {
        201: answer(Cluster, 'With its ETag.'),
        ...problems(...account, ...signed, ...keyed, 'cluster-name-taken', 'too-many'),
      },
    },
    handler: async (request, reply) => {
      const { accountId } = accountOf(request)
      const made = await onceByKey(request, reply, accountId, (tx) => createCluster(parts, tx, accountId, request.body))
      await parts.meshes?.refresh()
      return reply.send(made)
    },
  })
}

function registerChanging(app: App, parts: Parts): void {
  const onRequest = parts.guards.account('clusters:write')
  const { store } = parts

  app.put('/clusters/:id/definition', {
    bodyLimit: BODY_LIMIT,
    onRequest,
    schema: {
      tags,
      summary: 'Publish a further version of the definition',
      ...needsAccount('clusters:write'),
      params: ById,
      headers: IfMatch,
      body: ClusterDefinition,
      response: {
        200: answer(Cluster, 'With the new ETag.'),
        ...problems(...account, ...matched, ...signed, 'key-changed'),
      },
    },
    handler: async (request, reply) => {
      const cluster = await store.write(async (tx) =>
        publishDefinition(parts, tx, await matchedCluster(tx, request, request.params.id), request.body),
      )
      await parts.meshes?.refresh()
      reply.header('etag', etagOf(cluster.id, cluster.version))
      return presentCluster(cluster, request.body)
    },
  })

  app.delete('/clusters/:id', {
    onRequest,
    schema: {
      tags,
      summary: 'Delete a cluster; its members are left to themselves',
      ...needsAccount('clusters:write'),
      params: ById,
      headers: IfMatch,
      response: { 204: noContent, ...problems(...account, ...matched) },
    },
    handler: async (request, reply) => {
      await store.write(async (tx) => deleteCluster(parts, tx, await matchedCluster(tx, request, request.params.id)))
      await parts.meshes?.refresh()
      return reply.code(204).send(null)
    },
  })
}

function registerAdmission(app: App, parts: Parts): void {
  const onRequest = parts.guards.account('clusters:write')
  const authorize = createAuthorizeMachine(parts)

  app.post('/clusters/:id/machines', {
    bodyLimit: SMALL_BODY,
    onRequest,
    schema: {
      tags,
      summary: 'Let one machine join',
      ...needsAccount('clusters:write'),
      params: ById,
      body: NewClusterMachine,
      response: {
        201: answer(AuthorizedMachine, 'The only time that the token is shown; it holds for an hour, for one machine.'),
        ...problems(...account, 'mesh-off', 'key-changed', 'no-such-place', 'no-free-place', 'too-many'),
      },
    },
    handler: async (request, reply) => {
      const cluster = await ownCluster(parts.store.read, request, request.params.id)
      const authorized = await authorize(cluster, request.body)
      return reply.code(201).header('cache-control', 'no-store').send(authorized)
    },
  })

  app.delete('/clusters/:id/members/:peer', {
    onRequest,
    schema: {
      tags,
      summary: 'Cut a member off, for good',
      ...needsAccount('clusters:write'),
      params: ByMember,
      response: { 204: noContent, ...problems(...account, 'mesh-off', 'key-changed', 'too-many-revoked') },
    },
    handler: async (request, reply) => {
      const { id, peer } = request.params
      await parts.store.write(async (tx) => {
        const cluster = await ownCluster(tx, request, id)
        if (!isPeerId(peer)) throw notFound()
        await revokeMember(parts, tx, cluster, peer)
      })
      await parts.meshes?.refresh()
      return reply.code(204).send(null)
    },
  })
}

/** A cluster of the one who asks. @throws {ApiError} not-found, alike for another's and for none */
async function ownCluster(read: Repositories, request: FastifyRequest, id: string): Promise<StoredCluster> {
  const cluster = await read.clusters.find(accountOf(request).accountId, id)
  if (cluster === undefined) throw notFound()
  return cluster
}

/** The same when its ETag is the one that was asked for. @throws {ApiError} as `requireMatch` */
async function matchedCluster(tx: Repositories, request: FastifyRequest, id: string): Promise<StoredCluster> {
  const cluster = await ownCluster(tx, request, id)
  requireMatch(request, etagOf(cluster.id, cluster.version))
  return cluster
}
