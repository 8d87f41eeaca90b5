import type {
  ClusterDefinition,
  ClusterMesh,
  MeshAnswer,
  MeshConnection,
  MeshLink,
  MeshMember,
  MeshNumbers,
} from '@muster/contexts/wire/clusters.ts'
import type { Answer } from '@muster/mesh/directory/resolve.ts'
import type { ConnectionView } from '@muster/mesh/network/network-host.ts'
import type { MemberView, MeshCounts } from '@muster/mesh/node/mesh.ts'
import type { MeshNode } from '@muster/mesh/node/mesh-node.ts'
import { wireTime } from '../wire-time.ts'
import { awaitedPlaces } from './place.ts'

/** What is looked at for the view of one cluster. */
export interface MeshSight {
  readonly clusterId: string
  readonly definition: ClusterDefinition
  readonly node: MeshNode
  /** Epoch milliseconds. */
  readonly now: number
}

/** The mesh of a cluster as the coordinator's own node sees it; nothing is asked of anybody. */
export function presentMesh({ clusterId, definition, node, now }: MeshSight): ClusterMesh {
  const { mesh } = node
  const members = mesh.members().map(presentMember)
  return {
    clusterId,
    updatedAt: wireTime(now),
    coordinator: mesh.self,
    phase: mesh.phase().phase,
    definitionVersion: mesh.definition()?.version ?? 1,
    members,
    services: servicesOf(definition, node),
    links: linksOf(mesh.self, mesh.members()),
    awaited: awaitedPlaces(node.issuer()?.entries() ?? [], now).map(({ expiresAt, ...place }) => ({
      ...place,
      expiresAt: wireTime(expiresAt),
    })),
    numbers: presentNumbers(mesh.counts()),
  }
}

/**
 * What of a view makes an event: states, places and connections, but no ages and no numbers. Two equal fingerprints look
 * the same to people.
 */
export function fingerprintOf(view: ClusterMesh): string {
  const members = view.members.map(({ peer, status, service, cloud, slot, generation, connection, address }) => [
    peer,
    status,
    `${cloud}/${service}/${slot}/${generation}`,
    connection?.address,
    address,
  ])
  const services = view.services.map(({ name, answers }) => [
    name,
    answers.map(({ owner, address, ports, health, status }) => [owner, address, ports, health, status]),
  ])
  const awaited = view.awaited.map(({ expiresAt, ...place }) => [place, expiresAt])
  return JSON.stringify([view.phase, view.definitionVersion, members.toSorted(), services, awaited])
}

function presentMember(member: MemberView): MeshMember {
  const { peer, isSelf, role, status, heardAgoMs, connection, address, program, certificateExpiresAt } = member
  return {
    peer,
    isSelf,
    role,
    ...member.slot,
    status,
    ...(heardAgoMs === undefined ? {} : { heardAgoMs }),
    ...(connection === undefined ? {} : { connection: presentConnection(connection) }),
    ...(address === undefined ? {} : { address }),
    ...(program === undefined ? {} : { program }),
    ...(certificateExpiresAt === undefined ? {} : { certificateExpiresAt: wireTime(certificateExpiresAt) }),
  }
}

function presentConnection({ address, direction, isRelayed, rttMs, openedAt }: ConnectionView): MeshConnection {
  return {
    address,
    direction,
    isRelayed,
    ...(rttMs === undefined ? {} : { rttMs }),
    openedAt: wireTime(openedAt),
  }
}

/** Those of the definition first, in its order, then others that somebody still offers. */
function servicesOf(definition: ClusterDefinition, { mesh }: MeshNode): ClusterMesh['services'] {
  const kinds = new Map(definition.services.map(({ name, kind }) => [name, kind]))
  const names = [...new Set([...kinds.keys(), ...mesh.services()])]
  return names.map((name) => {
    const kind = kinds.get(name)
    return { name, ...(kind === undefined ? {} : { kind }), answers: mesh.resolve(name).map(presentAnswer) }
  })
}

function presentAnswer({ owner, cloud, address, ports, health, status, ageMs }: Answer): MeshAnswer {
  return { owner, cloud, address, ports: ports.map(({ name, port }) => ({ name, port })), health, status, ageMs }
}

function linksOf(self: string, members: readonly MemberView[]): MeshLink[] {
  return members.flatMap(({ peer, isSelf, connection }) => {
    if (isSelf || connection === undefined) return []
    const { isRelayed, rttMs } = connection
    return [{ from: self, to: peer, reportedBy: self, isRelayed, ...(rttMs === undefined ? {} : { rttMs }) }]
  })
}

function presentNumbers(counts: MeshCounts): MeshNumbers {
  const { connectionsNow, recordsNow, recordsReceived, recordsRefused, syncs, syncFailures } = counts
  const { dials, dialFailures, suspicions, refutations, traffic } = counts
  return {
    members: { ...counts.members },
    connectionsNow,
    recordsNow,
    recordsReceived,
    recordsRefused: Object.fromEntries(recordsRefused),
    syncs,
    syncFailures,
    dials,
    dialFailures,
    suspicions,
    refutations,
    receivedBytes: traffic.receivedBytes,
    sentBytes: traffic.sentBytes,
  }
}
