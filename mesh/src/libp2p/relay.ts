import {
  type CircuitRelayServerInit,
  circuitRelayTransport,
  RELAY_V2_HOP_CODEC as HOP_PROTOCOL,
} from '@libp2p/circuit-relay-v2'
import type { Listener } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { type Clock, timeoutSignal } from '@muster/runtime/clock.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { PeerId } from '../admission/membership.ts'
import { MeshError } from '../fault.ts'
import type { Dialer } from './dialer.ts'
import { guardedRegistrar } from './guarded-registrar.ts'
import type { Session } from './session.ts'
import type { Sessions } from './sessions.ts'

/** Peers that can be reached through one relay. */
const MAX_RESERVATIONS = 1_024
/** Relayed connections that one peer may have open through a relay, as who dials and as who is dialed. */
const MAX_RELAYED_PER_PEER = 256
/** The same for a stranger, who may go through to one issuer or two to join. */
export const MAX_RELAYED_PER_STRANGER = 4
const RESERVATION_LIFE_MS = 60 * 60_000
const HOP_TIMEOUT_MS = 10_000
const DIAL_MS = 10_000
const RETRY_MS = 15_000

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

/** What dialing through relays takes of libp2p's inside. */
export type CircuitComponents = Parameters<ReturnType<typeof circuitRelayTransport>>[0]

/** Dialing through relays, and being dialed through those that are members. */
export function relayedTransport(sessions: Sessions) {
  return (components: CircuitComponents) =>
    circuitRelayTransport({ maxInboundStopStreams: MAX_RELAYED_PER_PEER })({
      peerId: components.peerId,
      peerStore: components.peerStore,
      addressManager: components.addressManager,
      connectionManager: components.connectionManager,
      connectionGater: components.connectionGater,
      transportManager: components.transportManager,
      randomWalk: components.randomWalk,
      upgrader: components.upgrader,
      events: components.events,
      logger: components.logger,
      registrar: guardedRegistrar(
        components.registrar,
        (connection) => sessions.find(connection)?.isStanding() === true,
      ),
    })
}

/** Streams through this relay that a peer has open. */
export function relayedBy(session: Session): number {
  return session.connection.streams.filter(({ protocol }) => protocol === HOP_PROTOCOL).length
}

/** Keeps this node reachable through its relays. */
export interface RelayClient {
  /** Reserves a place where there is none; called now and then and when a peer is new. */
  tend(): void
}

/** What it stands on. */
export interface RelayClientParts {
  /** Multiaddrs with `/p2p/` of the relays. */
  readonly relays: readonly string[]
  readonly components: Pick<CircuitComponents, 'transportManager'>
  readonly sessions: Sessions
  readonly dialer: Dialer
  readonly clock: Clock
  readonly log: Log
}

/** Relays let members in only, so a place is asked for once some cluster has welcomed both. */
export function createRelayClient(parts: RelayClientParts): RelayClient {
  const { relays, sessions, dialer, log, clock } = parts
  const listeners = new Map<string, Listener>()
  const busy = new Set<string>()
  const notBefore = new Map<string, number>()
  const keep = async (relay: string, peer: PeerId) => {
    if (sessions.of(peer).length === 0) {
      const deadline = timeoutSignal(clock, DIAL_MS)
      await dialer.connect(peer, [relay], deadline.signal).finally(deadline.cancel)
    }
    const isMember = sessions.of(peer).some((one) => one.isStanding())
    const isListening = (listeners.get(relay)?.getAddrs().length ?? 0) > 0
    if (isMember && !isListening) await listenThrough(parts, listeners, relay)
  }
  return {
    tend() {
      for (const relay of relays) {
        const peer = multiaddr(relay)
          .getComponents()
          .findLast(({ name }) => name === 'p2p')?.value
        if (peer === undefined || busy.has(relay) || clock.monotonic() < (notBefore.get(relay) ?? 0)) continue
        busy.add(relay)
        keep(relay, peer)
          .catch((error: unknown) => {
            notBefore.set(relay, clock.monotonic() + RETRY_MS)
            log.debug({ relay, error }, 'no place at the relay')
          })
          .finally(() => busy.delete(relay))
      }
    },
  }
}

/** The listener of a relay is made once and asked again later: libp2p keeps each that was made. */
async function listenThrough(parts: RelayClientParts, listeners: Map<string, Listener>, relay: string): Promise<void> {
  const { transportManager } = parts.components
  const address = multiaddr(`${relay}/p2p-circuit`)
  const before = listeners.get(relay)
  if (before !== undefined) return before.listen(address)
  const known = new Set(transportManager.getListeners())
  await transportManager.listen([address])
  const made = transportManager.getListeners().find((one) => !known.has(one))
  if (made === undefined || made.getAddrs().length === 0) throw new MeshError('refused', 'The relay gives no place')
  listeners.set(relay, made)
  parts.log.info({ relay }, 'reachable through a relay')
}
