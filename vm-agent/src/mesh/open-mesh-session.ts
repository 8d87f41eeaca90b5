import { join } from 'node:path'
import type { JoinSettings } from '@muster/contexts/cluster/join-section.ts'
import { createIdentity } from '@muster/mesh/admission/identity.ts'
import { openBlobStore } from '@muster/mesh/blobs/disk-store.ts'
import { openMeshKeeping } from '@muster/mesh/keeping/open-keeping.ts'
import type { NetworkHost, NetworkHostOptions } from '@muster/mesh/network/network-host.ts'
import { createMeshNode } from '@muster/mesh/node/create-mesh-node.ts'
import type { Mesh } from '@muster/mesh/node/mesh.ts'
import type { Clock } from '@muster/runtime/clock.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { Random } from '@muster/runtime/random.ts'
import type { Service } from '@muster/runtime/service.ts'
import { AGENT_VERSION } from '../facts/agent-version.ts'
import type { MeshSession } from './mesh-session.ts'
import { performProbe } from './perform-probe.ts'
import { firstUserAddress } from './user-address.ts'

/** Contexts and what they need; a machine is not there to store them for others. */
const MAX_BLOB_STORE_BYTES = 512 * 1024 * 1024
const MAX_BLOB_BYTES = 128 * 1024 * 1024

/** What brings a host of the network up. */
export type CreateHost = (parts: {
  readonly seed: Uint8Array
  readonly options: NetworkHostOptions
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}) => Promise<NetworkHost>

/** What a session stands on. */
export interface OpenMeshDeps {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Of the agent; each cluster has a folder of its own in `mesh` there. */
  readonly stateDir: string
  readonly createHost: CreateHost
  /** What of this machine stands on the mesh: files, names, the socket of the commands. */
  readonly servicesOn: (mesh: Mesh) => readonly Service[]
}

/**
 * Opens the folder of the cluster, the network, and the node. What was opened is closed again when the rest fails.
 *
 * @throws {KeepingError} the folder; {MeshError} the network or the settings; {BlobError} the store
 */
export async function openMeshSession(deps: OpenMeshDeps, settings: JoinSettings): Promise<MeshSession> {
  const { clock, random } = deps
  const log = deps.log.child({ cluster: settings.cluster })
  const folder = join(deps.stateDir, 'mesh', settings.cluster)
  const keeping = await openMeshKeeping(folder, { clock, random, log })
  const seed = await keeping.seed()
  const limits = { clock, maxBytes: MAX_BLOB_STORE_BYTES, maxBlobBytes: MAX_BLOB_BYTES }
  const blobStore = await openBlobStore(join(folder, 'blobs'), limits)
  const host = await deps.createHost({ seed, options: hostOptionsOf(settings), clock, random, log })
  const userAddress = () => settings.address ?? firstUserAddress()
  try {
    const node = createMeshNode({
      clock,
      random,
      log,
      host,
      identity: createIdentity(seed),
      keeping,
      trust: { cluster: settings.cluster, coordinator: settings.coordinator },
      admission: {
        kind: 'join',
        issuer: settings.issuer,
        addresses: settings.addresses,
        token: settings.token,
        ...(settings.instance === undefined ? {} : { instance: settings.instance }),
      },
      rendezvous: [{ peer: settings.issuer, addresses: settings.addresses }, ...settings.rendezvous],
      program: `muster-agent ${AGENT_VERSION}`.slice(0, 24),
      userAddress,
      performProbe: (spec, signal) => performProbe({ clock }, spec, signal),
      blobStore,
    })
    return {
      mesh: node.mesh,
      services: [node.service, ...deps.servicesOn(node.mesh)],
      userAddress,
      close: () => host.stop(),
    }
  } catch (error) {
    await host.stop()
    throw error
  }
}

function hostOptionsOf(settings: JoinSettings): NetworkHostOptions {
  const { listen, announce, isMulticastEnabled, isRelay, issuer, addresses, rendezvous } = settings
  // Whoever is there from the beginning may pass on traffic to a machine that nobody reaches.
  const first = [{ peer: issuer, addresses }, ...rendezvous]
  const relays = first.flatMap((one) =>
    one.addresses.filter((address) => !address.includes('/p2p-circuit')).map((address) => `${address}/p2p/${one.peer}`),
  )
  return { listen, announce, isMulticastEnabled, isRelay, relays }
}
