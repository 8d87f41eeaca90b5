import type { CircuitRelayServerInit } from '@libp2p/circuit-relay-v2'

/** Peers that can be reached through one relay. */
const MAX_RESERVATIONS = 1_024
/** Relayed connections under way to one of them. */
const MAX_RELAYED_PER_PEER = 256
const RESERVATION_LIFE_MS = 60 * 60_000
const HOP_TIMEOUT_MS = 10_000

/**
 * A relay among members: relayed connections are those of members, so they have no limit of bytes or time. Only members
 * get a reservation. A stranger may go through to one, to join there, as long as a stranger's connection lives.
 */
export const RELAY: CircuitRelayServerInit = {
  hopTimeout: HOP_TIMEOUT_MS,
  maxInboundHopStreams: MAX_RELAYED_PER_PEER,
  maxOutboundHopStreams: MAX_RELAYED_PER_PEER,
  maxOutboundStopStreams: MAX_RELAYED_PER_PEER,
  reservations: {
    maxReservations: MAX_RESERVATIONS,
    reservationTtl: RESERVATION_LIFE_MS,
    applyDefaultLimit: false,
  },
}
