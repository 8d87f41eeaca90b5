import type { ClusterDefinition, ClusterMesh, MeshMember } from '@muster/contexts/wire/clusters.ts'

/** A PeerId that ends in the name. */
export function peerOf(name: string): string {
  return `12D3Koo${name.padStart(45, 'x')}`
}

export const COORDINATOR: MeshMember = {
  peer: peerOf('coordinator'),
  isSelf: true,
  role: 'coordinator',
  service: 'coordinator',
  cloud: '',
  slot: 0,
  generation: 0,
  status: 'alive',
}

/** A member that is alive, heard just now and not connected. */
export function memberAt(cloud: string, service: string, slot: number, more: Partial<MeshMember> = {}): MeshMember {
  const { generation = 0 } = more
  return {
    peer: peerOf(`${cloud}-${service}-${slot}-${generation}`),
    isSelf: false,
    role: service === 'cloud-agent' ? 'cloud-agent' : service === 'worker' ? 'worker' : 'fixed',
    service,
    cloud,
    slot,
    generation,
    status: 'alive',
    heardAgoMs: 0,
    ...more,
  }
}

/** Two clouds, a server and workers. */
export const DEFINITION: ClusterDefinition = {
  services: [
    { name: 'worker', kind: 'scalable' },
    { name: 'web', kind: 'per-cloud' },
  ],
  clouds: [{ name: 'south' }, { name: 'north' }],
}

/** A mesh of these members; the coordinator is connected with those that say so. */
export function meshOf(
  members: readonly MeshMember[],
  awaited: ClusterMesh['awaited'] = [],
): Pick<ClusterMesh, 'members' | 'links' | 'awaited'> {
  const links = members.flatMap(({ peer, connection }) =>
    connection === undefined
      ? []
      : [{ from: COORDINATOR.peer, to: peer, reportedBy: COORDINATOR.peer, isRelayed: connection.isRelayed }],
  )
  return { members: [COORDINATOR, ...members], links, awaited }
}

/** A connection of the coordinator. */
export function connected(isRelayed = false): Pick<MeshMember, 'connection'> {
  const connection = {
    address: '/ip4/10.0.0.1/tcp/1',
    direction: 'inbound',
    isRelayed,
    openedAt: '2026-01-01T00:00:00Z',
  }
  return { connection: { ...connection, direction: 'inbound', rttMs: 2.345 } }
}
