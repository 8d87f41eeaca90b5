import type { Membership, PeerId, Role } from '@muster/mesh/admission/membership.ts'

export const EPOCH_MS = Date.UTC(2030, 0, 1)
export const CLUSTER = 'simulation'
/** For certificates that outlive every simulation. */
const LONG_MS = 1e12

/** Turns the name of a simulated machine into its identity; most simulations use the name itself. */
export type IdOf = (name: string) => PeerId

/** What a machine's certificate would state. */
export function membershipOf(
  peer: PeerId,
  role: Role,
  place: { readonly cloud: string; readonly service: string; readonly slot: number; readonly generation?: number },
): Membership {
  return {
    cluster: CLUSTER,
    peer,
    role,
    slot: { generation: 0, ...place },
    issuer: 'coordinator',
    issuedAt: EPOCH_MS,
    expiresAt: EPOCH_MS + LONG_MS,
  }
}

/** A coordinator, an agent and a proxy in each cloud, a head in the first, and workers. */
export function planCluster(clouds: readonly string[], workers: number, idOf: IdOf): readonly Membership[] {
  const one = (name: string, role: Role, cloud: string, service: string, slot = 0) =>
    membershipOf(idOf(name), role, { cloud, service, slot })
  const [home = 'a'] = clouds
  return [
    one('coordinator', 'coordinator', '', 'coordinator'),
    ...clouds.flatMap((cloud) => [
      one(`${cloud}-agent`, 'cloud-agent', cloud, 'agent'),
      one(`${cloud}-proxy-0`, 'fixed', cloud, 'proxy'),
      ...Array.from({ length: workers }, (_, slot) => one(`${cloud}-worker-${slot}`, 'worker', cloud, 'worker', slot)),
    ]),
    one(`${home}-head`, 'demand-owner', home, 'head'),
  ]
}

/** Coordinator and own agent; all but workers know the other agents by the definition. */
export function rendezvousOf(membership: Membership, clouds: readonly string[], idOf: IdOf): readonly PeerId[] {
  const agents = clouds.filter((cloud) => membership.role !== 'worker' || cloud === membership.slot.cloud)
  return ['coordinator', ...agents.map((cloud) => `${cloud}-agent`)]
    .map(idOf)
    .filter((peer) => peer !== membership.peer)
}
