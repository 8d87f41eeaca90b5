import type { ConnectionGater, PeerId as Libp2pPeerId, MultiaddrConnection } from '@libp2p/interface'
import type { Clock } from '@muster/runtime/clock.ts'
import type { PeerId } from '../admission/membership.ts'
import { DENY_MS } from './limits.ts'
import { sendInOnePiece } from './one-piece.ts'
import { MAX_RELAYED_PER_STRANGER, relayedBy } from './relay.ts'
import type { Sessions } from './sessions.ts'
import type { Traffic } from './traffic.ts'

/** Decides which connections come about at all. */
export interface Gatekeeper {
  readonly gater: ConnectionGater
  /** Keeps a peer from dialing in for a while. */
  deny(peer: PeerId): void
}

/** Nobody is denied yet. */
export function createGatekeeper(sessions: Sessions, traffic: Traffic, clock: Clock): Gatekeeper {
  const deniedUntil = new Map<PeerId, number>()
  const isDenied = (peer: PeerId) => (deniedUntil.get(peer) ?? 0) > clock.monotonic()
  const isMember = (peer: Libp2pPeerId) => sessions.of(peer.toString()).some((one) => one.isStanding())
  const begin = (connection: MultiaddrConnection) => {
    traffic.watch(connection)
    sendInOnePiece(connection)
  }
  return {
    deny(peer) {
      const now = clock.monotonic()
      for (const [one, until] of deniedUntil) if (until <= now) deniedUntil.delete(one)
      deniedUntil.set(peer, now + DENY_MS)
    },
    gater: {
      denyInboundConnection(connection) {
        begin(connection)
        return false
      },
      denyOutboundConnection(_peer, connection) {
        begin(connection)
        return false
      },
      denyInboundEncryptedConnection: (peer) => isDenied(peer.toString()),
      denyInboundRelayReservation: (peer) => !isMember(peer),
      denyOutboundRelayedConnection(source) {
        if (isMember(source)) return false
        const relayed = sessions.of(source.toString()).reduce((sum, one) => sum + relayedBy(one), 0)
        return relayed > MAX_RELAYED_PER_STRANGER
      },
    },
  }
}
