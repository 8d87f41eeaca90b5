import { verifyDefinition } from '@muster/mesh/admission/definition.ts'
import type { PeerId } from '@muster/mesh/admission/membership.ts'
import { MAX_REVOKED, signRevocations, verifyRevocations } from '@muster/mesh/admission/revocation.ts'
import { ApiError } from '../http/api-error.ts'
import type { Parts } from '../parts.ts'
import type { StoredCluster } from '../store/clusters.ts'
import type { Repositories } from '../store/repositories.ts'
import type { Transaction } from '../store/store.ts'
import { eventOf, requireMeshes, requireSameKey } from './change.ts'

/** The coordinator's own list: which peers, in which version. */
export interface OwnRevocations {
  readonly version: number
  readonly peers: ReadonlySet<PeerId>
  /** Compact JWS; undefined while nobody was revoked. */
  readonly token: string | undefined
}

/** The list as it is stored, checked anew. @throws {MeshError} the store holds another signature */
export async function readOwnRevocations(read: Repositories, cluster: StoredCluster): Promise<OwnRevocations> {
  const [definition, lists] = await Promise.all([
    read.clusters.latestDefinition(cluster.id),
    read.clusterKeeping.revocations(cluster.id),
  ])
  const own = lists.find(({ issuer }) => issuer === cluster.coordinator)
  if (own === undefined || definition === undefined) return { version: 0, peers: new Set(), token: undefined }
  const trust = { cluster: cluster.id, coordinator: cluster.coordinator }
  return verifyRevocations(own.token, await verifyDefinition(definition.token, trust))
}

/**
 * Puts a peer on the coordinator's list, for good; one that is on it already stays there.
 *
 * @returns whether it was new
 * @throws {ApiError} mesh-off, key-changed, too-many-revoked
 */
export async function revokeMember(
  parts: Parts,
  tx: Transaction,
  cluster: StoredCluster,
  peer: PeerId,
): Promise<boolean> {
  const meshes = requireMeshes(parts)
  requireSameKey(cluster, meshes)
  const own = await readOwnRevocations(tx, cluster)
  if (own.peers.has(peer)) return false
  if (own.peers.size >= MAX_REVOKED) throw new ApiError('too-many-revoked')
  const now = parts.clock.now()
  const [version, peers] = [own.version + 1, [...own.peers, peer]]
  const token = await signRevocations({ cluster: cluster.id, version, now, peers }, meshes.identity)
  const list = { issuer: meshes.identity.peer, version, token }
  // Only another program on the same store can have been faster.
  if (!(await tx.clusterKeeping.saveRevocations(cluster.id, list))) throw new ApiError('unavailable')
  await tx.events.append({ ...eventOf(cluster, now), type: 'member-revoked', data: { name: cluster.name, peer } })
  return true
}
