import type { Cluster, ClusterDefinition } from '@muster/contexts/wire/clusters.ts'
import type { StoredCluster } from '../store/clusters.ts'
import type { Repositories } from '../store/repositories.ts'
import { wireTime } from '../wire-time.ts'

/** A cluster with the latest version of its definition. */
export function presentCluster(cluster: StoredCluster, definition: ClusterDefinition): Cluster {
  const { id, name, version, coordinator, createdAt, updatedAt } = cluster
  return {
    id,
    name,
    version,
    definition,
    coordinator,
    createdAt: wireTime(createdAt),
    updatedAt: wireTime(updatedAt),
  }
}

/** Clusters as the wire has them, in the given order. */
export async function presentClusters(read: Repositories, clusters: readonly StoredCluster[]): Promise<Cluster[]> {
  const definitions = new Map((await read.clusters.definitionsOf(clusters)).map((one) => [one.clusterId, one]))
  return clusters.flatMap((cluster) => {
    const definition = definitions.get(cluster.id)
    // Another request may have deleted it in between.
    return definition === undefined ? [] : [presentCluster(cluster, definition.content)]
  })
}
