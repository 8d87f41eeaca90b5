import { createIdentity } from '@muster/mesh/admission/identity.ts'
import { createMemoryBlobStore } from '@muster/mesh/blobs/memory-store.ts'
import { createMeshNode } from '@muster/mesh/node/create-mesh-node.ts'
import type { Clock } from '@muster/runtime/clock.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { Random } from '@muster/runtime/random.ts'
import type { Store } from '../store/store.ts'
import { createClusterMeshes, type RunningMeshes } from './cluster-meshes.ts'
import type { MeshConfig } from './config.ts'

/** Definitions of all clusters; members fetch them from each other before they ask here. */
const MAX_BLOB_BYTES = 2 * 1024 * 1024
const MAX_STORED_BYTES = 64 * 1024 * 1024

/** What the meshes stand on besides their configuration. */
export interface OpenMeshesDeps {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/** The meshes over libp2p, with a key. Nothing listens before the service runs and there is a cluster. */
export function openMeshes(seed: Uint8Array, config: Omit<MeshConfig, 'keyFile'>, deps: OpenMeshesDeps): RunningMeshes {
  const { clock, random, log } = deps
  const { listen, announce, isRelay, isMulticastEnabled } = config
  return createClusterMeshes({
    ...deps,
    seed,
    identity: createIdentity(seed),
    announce,
    createNode: createMeshNode,
    blobStore: createMemoryBlobStore({ maxBytes: MAX_STORED_BYTES, maxBlobBytes: MAX_BLOB_BYTES }),
    async openHost() {
      // Loaded late: a coordinator without clusters stays small.
      const { createLibp2pHost } = await import('@muster/mesh/libp2p/create-host.ts')
      const options = { listen, announce, isMulticastEnabled, isRelay, relays: [] }
      return createLibp2pHost({ seed, options, clock, random, log })
    },
  })
}
