import type { MeshNode } from '@muster/mesh/node/mesh-node.ts'
import { type MeshMetric, meshMetrics, renderMetrics } from '@muster/mesh/node/metrics.ts'

/** Clusters with metrics of their own; those beyond it are counted only. */
export const MAX_LABELED_CLUSTERS = 50
/** All clusters share the sockets, so this one is told once. */
const SHARED = 'cvm_mesh_traffic_bytes_total'

/** Metrics of the nodes in the format of Prometheus, labeled with the cluster's id. */
export function renderMeshMetrics(nodes: readonly MeshNode[]): string {
  const byName = new Map<string, MeshMetric>()
  const add = (metric: MeshMetric) => {
    const known = byName.get(metric.name)
    byName.set(metric.name, { ...metric, samples: [...(known?.samples ?? []), ...metric.samples] })
  }
  const attached = { labels: {}, value: nodes.length }
  add({ name: 'cvm_mesh_clusters', help: 'Clusters that are taken part in', type: 'gauge', samples: [attached] })
  const labeled = [...nodes]
    .sort((left, right) => (left.mesh.cluster < right.mesh.cluster ? -1 : 1))
    .slice(0, MAX_LABELED_CLUSTERS)
  for (const [index, { mesh }] of labeled.entries()) {
    const counts = mesh.counts()
    for (const metric of meshMetrics(counts, { cluster: mesh.cluster })) if (metric.name !== SHARED) add(metric)
    if (index === 0) for (const metric of meshMetrics(counts)) if (metric.name === SHARED) add(metric)
  }
  return renderMetrics([...byName.values()])
}
