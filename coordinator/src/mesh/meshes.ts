import type { Identity } from '@muster/mesh/admission/identity.ts'
import type { MeshNode } from '@muster/mesh/node/mesh-node.ts'

/** The coordinator's part in the meshes of its clusters, as the rest of it uses them. */
export interface ClusterMeshes {
  /** Its own key: signs definitions and revocations, and admits machines. */
  readonly identity: Identity
  /** Multiaddrs without the peer at which members reach it, best first; those to announce, or none, while no socket is open. */
  addresses(): readonly string[]
  /** The node in a cluster; undefined while none is running here. */
  node(clusterId: string): MeshNode | undefined
  /** Every node that is running here. */
  all(): readonly MeshNode[]
  /** Why there are fewer nodes than clusters, for people; undefined when nothing is in the way. */
  trouble(): string | undefined
  /** Makes the nodes follow the store: new clusters, newer documents, deleted ones. Resolves when done; never rejects. */
  refresh(): Promise<void>
}
