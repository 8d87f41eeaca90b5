import type { PeerId } from '../admission/membership.ts'
import type { BlobPeers } from '../blobs/peers.ts'
import { isKind } from '../records/record-codec.ts'
import type { NodeCore } from './core.ts'
import { membershipOf, ownMembership } from './standing.ts'

/** Whom this node may ask for blobs, as it sees its cluster. */
export function createBlobPeers(core: NodeCore): BlobPeers {
  const self = core.parts.identity.peer
  const ownCloud = () => ownMembership(core)?.slot.cloud
  const cloudOf = (peer: PeerId) => {
    const cloud = membershipOf(core, peer)?.slot.cloud
    return cloud === '' ? undefined : cloud
  }
  return {
    self,
    sameCloud() {
      const cloud = ownCloud()
      const statuses = [...(core.member?.statuses() ?? [])]
      const alive = statuses.flatMap(([peer, status]) => (status === 'alive' && peer !== self ? [peer] : []))
      return alive.filter((peer) => {
        const membership = membershipOf(core, peer)
        return membership !== undefined && membership.slot.cloud === cloud && membership.role !== 'cloud-agent'
      })
    },
    agents: () => agentsWhere(core, (cloud) => cloud === ownCloud()),
    upstream() {
      const coordinator = core.parts.trust.coordinator
      const others = agentsWhere(core, (cloud) => cloud !== ownCloud())
      return [coordinator, ...others].filter((peer) => peer !== self)
    },
    cloudOf,
    isConnected: (peer) => core.connected.has(peer),
    addressesOf: (peer) => addressesOf(core, peer),
  }
}

function agentsWhere(core: NodeCore, isWanted: (cloud: string) => boolean): readonly PeerId[] {
  const clouds = core.roster?.definition().clouds ?? []
  return clouds.filter(({ name }) => isWanted(name)).flatMap(({ agents }) => agents.map(({ peer }) => peer))
}

/** As the peer states them itself; for agents of which nothing was heard yet, as the definition does. */
function addressesOf(core: NodeCore, peer: PeerId): readonly string[] {
  const record = core.member?.store.get(peer, 'presence', '')?.record
  if (record !== undefined && isKind(record, 'presence')) return record.payload.addresses
  const agents = core.roster?.definition().clouds.flatMap((cloud) => cloud.agents) ?? []
  const points = [...core.parts.rendezvous, ...agents]
  return points.filter((one) => one.peer === peer).flatMap(({ addresses }) => addresses)
}
