import type { Cluster, ClusterDefinition, NewCluster } from '@muster/contexts/wire/clusters.ts'
import { ApiError } from '../http/api-error.ts'
import { etagOf } from '../http/etag.ts'
import type { KeyedAnswer } from '../http/idempotency.ts'
import type { ClusterMeshes } from '../mesh/meshes.ts'
import type { Parts } from '../parts.ts'
import type { StoredCluster } from '../store/clusters.ts'
import type { Transaction } from '../store/store.ts'
import { signCluster } from './definition.ts'
import { presentCluster } from './present.ts'

/** The meshes, for what needs them. @throws {ApiError} mesh-off */
export function requireMeshes(parts: Parts): ClusterMeshes {
  if (parts.meshes === undefined) throw new ApiError('mesh-off')
  return parts.meshes
}

/** Refuses to sign for members that trust another key. @throws {ApiError} key-changed */
export function requireSameKey(cluster: StoredCluster, meshes: ClusterMeshes): void {
  if (cluster.coordinator === meshes.identity.peer) return
  throw new ApiError('key-changed', `Its members trust ${cluster.coordinator}, not ${meshes.identity.peer}.`)
}

/**
 * Makes a cluster with the version 1 of its definition.
 *
 * @throws {ApiError} mesh-off, invalid-cluster, cluster-name-taken, too-many
 */
export async function createCluster(
  parts: Parts,
  tx: Transaction,
  ownerId: string,
  wish: NewCluster,
): Promise<KeyedAnswer<Cluster>> {
  const { identity } = requireMeshes(parts)
  if ((await tx.clusters.count(ownerId)) >= parts.limits.clustersPerAccount) throw new ApiError('too-many')
  const now = parts.clock.now()
  const { name, ...definition } = wish
  const cluster: StoredCluster = {
    id: parts.ids('clu'),
    ownerId,
    name,
    coordinator: identity.peer,
    version: 1,
    createdAt: now,
    updatedAt: now,
  }
  const token = await signCluster({ cluster: cluster.id, name, version: 1, issuedAt: now, definition }, identity)
  if (!(await tx.clusters.insert(cluster))) throw new ApiError('cluster-name-taken')
  await tx.clusters.define({ clusterId: cluster.id, version: 1, token, content: definition, createdAt: now })
  await tx.events.append({ ...eventOf(cluster, now), type: 'cluster-created', data: { name } })
  const headers = { etag: etagOf(cluster.id, 1), location: `/api/v2/clusters/${cluster.id}` }
  return { status: 201, headers, body: presentCluster(cluster, definition) }
}

/**
 * Publishes a further version of a cluster whose ETag was checked in this transaction.
 *
 * @throws {ApiError} mesh-off, key-changed, invalid-cluster
 */
export async function publishDefinition(
  parts: Parts,
  tx: Transaction,
  cluster: StoredCluster,
  definition: ClusterDefinition,
): Promise<StoredCluster> {
  const meshes = requireMeshes(parts)
  requireSameKey(cluster, meshes)
  const now = parts.clock.now()
  const { id, name } = cluster
  const next = { ...cluster, version: cluster.version + 1, updatedAt: now }
  const wish = { cluster: id, name, version: next.version, issuedAt: now, definition }
  const token = await signCluster(wish, meshes.identity)
  if (!(await tx.clusters.update(next, cluster.version))) throw new ApiError('precondition-failed')
  await tx.clusters.define({ clusterId: id, version: next.version, token, content: definition, createdAt: now })
  await tx.events.append({ ...eventOf(next, now), type: 'cluster-changed', data: { name, version: next.version } })
  return next
}

/** Deletes a cluster, with all that is kept for it, whose ETag was checked in this transaction. */
export async function deleteCluster(parts: Parts, tx: Transaction, cluster: StoredCluster): Promise<void> {
  await tx.clusters.remove(cluster.ownerId, cluster.id)
  const event = eventOf(cluster, parts.clock.now())
  await tx.events.append({ ...event, type: 'cluster-deleted', data: { name: cluster.name } })
}

/** The fields that every event of a cluster has when its owner caused it. */
export function eventOf(cluster: StoredCluster, at: number) {
  return { accountId: cluster.ownerId, at, subject: cluster.id, actor: cluster.ownerId }
}
