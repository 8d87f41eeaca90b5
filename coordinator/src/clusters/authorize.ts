import type { AuthorizedMachine, NewClusterMachine } from '@muster/contexts/wire/clusters.ts'
import { TOKEN_LIFE_MS } from '@muster/mesh/admission/join-token.ts'
import { MeshError } from '@muster/mesh/fault.ts'
import { ApiError } from '../http/api-error.ts'
import type { Parts } from '../parts.ts'
import type { StoredCluster } from '../store/clusters.ts'
import { wireTime } from '../wire-time.ts'
import { eventOf, requireMeshes, requireSameKey } from './change.ts'
import { awaitedPlaces, choosePlace } from './place.ts'
import { readOwnRevocations } from './revoke.ts'

/** Addresses in a section; the best come first. */
const MAX_ADDRESSES = 8

/** Lets one machine of a cluster join. Calls for one cluster take turns, so that no two get one place. */
export type AuthorizeMachine = (cluster: StoredCluster, wish: NewClusterMachine) => Promise<AuthorizedMachine>

/** Creates what authorizes machines. */
export function createAuthorizeMachine(parts: Parts): AuthorizeMachine {
  const turns = new Map<string, Promise<unknown>>()
  return (cluster, wish) => {
    const turn = (turns.get(cluster.id) ?? Promise.resolve()).then(() => authorize(parts, cluster, wish))
    const settled = turn.catch(() => undefined)
    turns.set(cluster.id, settled)
    void settled.then(() => {
      if (turns.get(cluster.id) === settled) turns.delete(cluster.id)
    })
    return turn
  }
}

async function authorize(parts: Parts, cluster: StoredCluster, wish: NewClusterMachine): Promise<AuthorizedMachine> {
  const meshes = requireMeshes(parts)
  requireSameKey(cluster, meshes)
  const node = meshes.node(cluster.id)
  const issuer = node?.issuer()
  const definition = await parts.store.read.clusters.latestDefinition(cluster.id)
  const addresses = meshes.addresses().slice(0, MAX_ADDRESSES)
  if (definition === undefined) throw new ApiError('not-found')
  if (issuer === undefined || addresses.length === 0) throw new ApiError('mesh-off', meshes.trouble())
  const now = parts.clock.now()
  const revoked = await readOwnRevocations(parts.store.read, cluster)
  if (awaitedPlaces(issuer.entries(), now).length >= parts.limits.awaitedPerCluster) throw new ApiError('too-many')
  const place = choosePlace(wish, {
    definition: definition.content,
    entries: issuer.entries(),
    isRevoked: (peer) => revoked.peers.has(peer),
    now,
  })
  const token = await issuer.issueToken(place).catch((cause: unknown) => {
    if (!(cause instanceof MeshError)) throw cause
    throw new ApiError('unavailable', cause.message, { cause })
  })
  const expiresAt = now + TOKEN_LIFE_MS
  await parts.store.write((tx) =>
    tx.events.append({
      ...eventOf(cluster, now),
      type: 'machine-authorized',
      data: { name: cluster.name, ...place },
    }),
  )
  const { peer } = meshes.identity
  return {
    ...place,
    expiresAt: wireTime(expiresAt),
    issuer: peer,
    addresses,
    section: sectionOf({ cluster: cluster.id, coordinator: peer, issuer: peer, addresses, token: token.reveal() }),
  }
}

interface Section {
  readonly cluster: string
  readonly coordinator: string
  readonly issuer: string
  readonly addresses: readonly string[]
  readonly token: string
}

function sectionOf({ cluster, coordinator, issuer, addresses, token }: Section): string {
  const lines = [
    ['cluster', cluster],
    ['coordinator', coordinator],
    ['issuer', issuer],
    ['addresses', addresses.join(', ')],
    ['token', token],
  ]
  return `[muster]\n${lines.map(([key, value]) => `${key} = ${value}\n`).join('')}`
}
