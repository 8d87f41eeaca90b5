import { createIdentity } from '@muster/mesh/admission/identity.ts'
import { createMemoryBlobStore } from '@muster/mesh/blobs/memory-store.ts'
import { MeshError } from '@muster/mesh/fault.ts'
import type { AppDeps } from '../src/app.ts'
import { createClusterMeshes, type RunningMeshes } from '../src/mesh/cluster-meshes.ts'
import type { ClusterMeshes } from '../src/mesh/meshes.ts'

type Deps = Omit<AppDeps, 'meshes' | 'passwordHasher'>

/** The coordinator's key in tests. */
export const SEED = new Uint8Array(32).fill(7)

/** A small definition that is right. */
export const DEFINITION = {
  services: [
    { name: 'proxy', kind: 'per-cloud', count: 2, provides: [{ name: 'http', port: 3128, probe: { type: 'tcp' } }] },
    { name: 'worker', kind: 'scalable', max: 3, dependsOn: ['proxy'] },
  ],
  clouds: [{ name: 'north' }, { name: 'south', max: 4 }],
} as const

/** Meshes that sign and whose sockets cannot be opened. */
export function createSilentMeshes(deps: Deps, seed = SEED): RunningMeshes {
  const unavailable = () => new MeshError('unreachable', 'no network here', { hint: 'None.' })
  return createClusterMeshes({
    ...deps,
    seed,
    identity: createIdentity(seed),
    openHost: () => Promise.reject(unavailable()),
    createNode: () => {
      throw unavailable()
    },
    blobStore: createMemoryBlobStore({ maxBytes: 1_000_000, maxBlobBytes: 1_000_000 }),
    announce: [],
  })
}

/** The same, not running: for what needs only signatures. */
export function silentMeshes(deps: Deps): ClusterMeshes {
  return createSilentMeshes(deps).meshes
}
