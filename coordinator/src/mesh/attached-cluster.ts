import type { Identity } from '@muster/mesh/admission/identity.ts'
import type { BlobStore } from '@muster/mesh/blobs/store.ts'
import type { NetworkHost } from '@muster/mesh/network/network-host.ts'
import type { MeshNode, MeshNodeParts } from '@muster/mesh/node/mesh-node.ts'
import type { Clock } from '@muster/runtime/clock.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { Random } from '@muster/runtime/random.ts'
import { documentOf } from '../clusters/definition.ts'
import { fingerprintOf, presentMesh } from '../clusters/mesh-view.ts'
import { readOwnRevocations } from '../clusters/revoke.ts'
import type { StoredCluster } from '../store/clusters.ts'
import type { Store } from '../store/store.ts'
import { VERSION } from '../version.ts'
import { openClusterKeeping } from './cluster-keeping.ts'

/** As members show it: at most 24 bytes. */
const PROGRAM = `coordinator ${VERSION}`.slice(0, 24)

/** What taking part in one cluster stands on. */
export interface AttachParts {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly identity: Identity
  readonly seed: Uint8Array
  readonly host: NetworkHost
  readonly createNode: (parts: MeshNodeParts) => MeshNode
  readonly blobStore: BlobStore
}

/** A cluster in whose mesh the coordinator takes part. Calls do not overlap. */
export interface AttachedCluster {
  readonly node: MeshNode
  /** False when its node has failed by itself. */
  isRunning(): boolean
  /** Gives the node what was published or revoked since. @throws {MeshError} it does not take it */
  bringUpToDate(cluster: StoredCluster): Promise<void>
  /** Writes an event when members, services or connections are others than at the last call; ages do not count. */
  tellChange(): Promise<void>
  /** Ends the node; members of a deleted cluster are told goodbye. */
  detach(why: 'deleted' | 'stopped' | 'failed'): Promise<void>
}

/** Begins to take part in a cluster; resolves when its node has begun. @throws {MeshError} {StoreError} */
export async function attachCluster(cluster: StoredCluster, parts: AttachParts): Promise<AttachedCluster> {
  const { store, clock, identity } = parts
  const log = parts.log.child({ cluster: cluster.id })
  const keeping = await openClusterKeeping(cluster, parts)
  const stored = await readLatest(store, cluster)
  await publishDocument(cluster, stored.content, parts)
  const node = parts.createNode({
    clock,
    random: parts.random,
    log,
    host: parts.host,
    identity,
    keeping,
    trust: { cluster: cluster.id, coordinator: identity.peer },
    admission: { kind: 'named', definition: stored.token },
    rendezvous: [],
    program: PROGRAM,
    userAddress: () => undefined,
    // It uses no service, and a firewall may be in between: what a service is worth is said by those beside it.
    performProbe: async () => true,
    blobStore: parts.blobStore,
    issuer: {},
  })
  const running = runNode(node, log)
  await running.begun
  let { version } = stored
  let revocations = (await readOwnRevocations(store.read, cluster)).version
  let [isDirty, told] = [false, await fingerprint(cluster, node, parts)]
  const stopListening = node.mesh.onChange(() => {
    isDirty = true
  })

  return {
    node,
    isRunning: running.isRunning,
    async bringUpToDate(latest) {
      if (latest.version > version) {
        const next = await readLatest(store, latest)
        await publishDocument(latest, next.content, parts)
        await node.acceptDefinition(next.token)
        version = next.version
      }
      const own = await readOwnRevocations(store.read, cluster)
      if (own.version > revocations && own.token !== undefined) {
        await node.acceptRevocations(own.token)
        revocations = own.version
      }
    },
    async tellChange() {
      if (!isDirty) return
      isDirty = false
      const now = await fingerprint(cluster, node, parts)
      if (now === told) return
      told = now
      await tell(cluster, node, parts)
    },
    async detach(why) {
      stopListening()
      if (why === 'deleted') await node.leave('stopped').catch((error: unknown) => log.warn({ error }, 'left in haste'))
      await running.stop()
    },
  }
}

function runNode(node: MeshNode, log: Log) {
  const stopper = new AbortController()
  const ready = Promise.withResolvers<void>()
  let isRunning = true
  const ended = node.service.run({ signal: stopper.signal, ready: ready.resolve }).then(
    () => {
      isRunning = false
    },
    (error: unknown) => {
      isRunning = false
      if (!stopper.signal.aborted) log.error({ error }, 'the node of a cluster has failed; it is started again')
    },
  )
  return {
    begun: Promise.race([ready.promise, ended]),
    isRunning: () => isRunning,
    async stop() {
      stopper.abort(new DOMException('the coordinator leaves this cluster', 'AbortError'))
      await ended
    },
  }
}

async function readLatest(store: Store, cluster: StoredCluster) {
  const stored = await store.read.clusters.latestDefinition(cluster.id)
  if (stored === undefined) throw new Error(`cluster ${cluster.id} has no definition`)
  return stored
}

/** The whole definition for members that fetch it. */
async function publishDocument(
  cluster: StoredCluster,
  content: Parameters<typeof documentOf>[1],
  { blobStore }: AttachParts,
): Promise<void> {
  await blobStore.put(new TextEncoder().encode(documentOf(cluster.name, content)))
}

async function fingerprint(cluster: StoredCluster, node: MeshNode, { store, clock }: AttachParts): Promise<string> {
  const { content } = await readLatest(store, cluster)
  return fingerprintOf(presentMesh({ clusterId: cluster.id, definition: content, node, now: clock.now() }))
}

async function tell(cluster: StoredCluster, node: MeshNode, { store, clock, identity }: AttachParts): Promise<void> {
  const { members, connectionsNow } = node.mesh.counts()
  await store.write((tx) =>
    tx.events.append({
      accountId: cluster.ownerId,
      at: clock.now(),
      type: 'cluster-mesh',
      subject: cluster.id,
      actor: identity.peer,
      data: { name: cluster.name, members: { ...members }, connections: connectionsNow },
    }),
  )
}
