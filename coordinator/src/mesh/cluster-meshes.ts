import type { Identity } from '@muster/mesh/admission/identity.ts'
import type { BlobStore } from '@muster/mesh/blobs/store.ts'
import type { NetworkHost } from '@muster/mesh/network/network-host.ts'
import type { MeshNode, MeshNodeParts } from '@muster/mesh/node/mesh-node.ts'
import { createTurns } from '@muster/mesh/turns.ts'
import type { Clock } from '@muster/runtime/clock.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { Random } from '@muster/runtime/random.ts'
import { repeat } from '@muster/runtime/repeat.ts'
import type { Service } from '@muster/runtime/service.ts'
import type { StoredCluster } from '../store/clusters.ts'
import type { Store } from '../store/store.ts'
import { type AttachedCluster, attachCluster } from './attached-cluster.ts'
import type { ClusterMeshes } from './meshes.ts'

/** The store is compared with the nodes so often, for what other programs have changed in it. */
const COMPARE_MS = 15_000
/** Changes of a mesh are told at most so often. */
const TELL_MS = 2000

/** What the meshes stand on. */
export interface ClusterMeshesParts {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly identity: Identity
  /** Of the identity. */
  readonly seed: Uint8Array
  /** Opens the sockets; called when the first cluster is there, and again after it has failed. */
  readonly openHost: () => Promise<NetworkHost>
  readonly createNode: (parts: MeshNodeParts) => MeshNode
  readonly blobStore: BlobStore
  /** Multiaddrs to name while no socket is open. */
  readonly announce: readonly string[]
}

/** The meshes, and the service that keeps them. */
export interface RunningMeshes {
  readonly meshes: ClusterMeshes
  /** Ready when the clusters of the store are attached, or it is known why they are not. */
  readonly service: Service
}

interface State {
  host: NetworkHost | undefined
  trouble: string | undefined
  isRunning: boolean
  readonly attached: Map<string, AttachedCluster>
  /** Clusters of which the log has said that they trust another key. */
  readonly foreign: Set<string>
}

/** Takes part in the mesh of every cluster in the store, from the moment the service runs. */
export function createClusterMeshes(parts: ClusterMeshesParts): RunningMeshes {
  const { clock, random, log } = parts
  const state: State = {
    host: undefined,
    trouble: 'It is starting.',
    isRunning: false,
    attached: new Map(),
    foreign: new Set(),
  }
  const inTurn = createTurns()
  const refresh = () =>
    inTurn(async () => {
      if (!state.isRunning) return
      await compare(state, parts).catch((error: unknown) => log.error({ error }, 'Clusters cannot be compared'))
    })
  const meshes: ClusterMeshes = {
    identity: parts.identity,
    addresses: () => state.host?.addresses() ?? parts.announce,
    node: (clusterId) => state.attached.get(clusterId)?.node,
    all: () => [...state.attached.values()].map(({ node }) => node),
    trouble: () => state.trouble,
    refresh,
  }
  const service: Service = {
    name: 'mesh',
    async run({ signal, ready }) {
      state.isRunning = true
      await refresh()
      ready()
      const tell = async () => {
        for (const attached of state.attached.values()) {
          await attached.tellChange().catch((error: unknown) => log.error({ error }, 'A change was not told'))
        }
      }
      const loop = { jitter: 0.2, signal, clock, random }
      await Promise.all([
        repeat(refresh, { ...loop, everyMs: COMPARE_MS }),
        repeat(tell, { ...loop, everyMs: TELL_MS }),
      ])
      await inTurn(() => stopAll(state))
    },
  }
  return { meshes, service }
}

/** Makes the nodes what the store says. A cluster that fails does not stop the others. */
async function compare(state: State, parts: ClusterMeshesParts): Promise<void> {
  const clusters = await parts.store.read.clusters.all()
  const own = clusters.filter(({ coordinator }) => coordinator === parts.identity.peer)
  tellForeign(state, clusters, parts)
  const wanted = new Set(own.map(({ id }) => id))
  for (const [id, attached] of state.attached) {
    if (wanted.has(id) && attached.isRunning()) continue
    state.attached.delete(id)
    await attached.detach(wanted.has(id) ? 'failed' : 'deleted')
  }
  if (own.length === 0) {
    state.trouble = undefined
    return
  }
  const host = await openHost(state, parts)
  if (host === undefined) return
  let failed: string | undefined
  for (const cluster of own) {
    try {
      await follow(state, cluster, host, parts)
    } catch (error) {
      parts.log.error({ error, cluster: cluster.id }, 'A cluster cannot be attached or brought up to date')
      failed = messageOf(error)
    }
  }
  state.trouble = failed
}

async function follow(state: State, cluster: StoredCluster, host: NetworkHost, parts: ClusterMeshesParts) {
  const attached = state.attached.get(cluster.id)
  if (attached !== undefined) return attached.bringUpToDate(cluster)
  state.attached.set(cluster.id, await attachCluster(cluster, { ...parts, host }))
}

async function openHost(state: State, parts: ClusterMeshesParts): Promise<NetworkHost | undefined> {
  if (state.host !== undefined) return state.host
  try {
    state.host = await parts.openHost()
    parts.log.info({ peer: state.host.self, addresses: state.host.addresses() }, 'the mesh listens')
  } catch (error) {
    const message = `The mesh cannot listen: ${messageOf(error)}`
    if (state.trouble !== message) parts.log.error({ error }, 'the mesh cannot listen; it is tried again')
    state.trouble = message
  }
  return state.host
}

function tellForeign(state: State, clusters: readonly StoredCluster[], { identity, log }: ClusterMeshesParts): void {
  for (const { id, coordinator } of clusters) {
    if (coordinator === identity.peer || state.foreign.has(id)) continue
    state.foreign.add(id)
    log.error(
      { cluster: id, trusted: coordinator, own: identity.peer },
      'a cluster trusts another key; restore that key',
    )
  }
}

async function stopAll(state: State): Promise<void> {
  state.isRunning = false
  const all = [...state.attached.values()]
  state.attached.clear()
  await Promise.all(all.map((attached) => attached.detach('stopped')))
  const { host } = state
  state.host = undefined
  await host?.stop()
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
