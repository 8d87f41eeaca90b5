import { circuitRelayServer } from '@libp2p/circuit-relay-v2'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import { FaultTolerance, type PeerInfo } from '@libp2p/interface'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import type { Clock } from '@muster/runtime/clock.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { Random } from '@muster/runtime/random.ts'
import { createLibp2p, type Libp2p, type Libp2pOptions } from 'libp2p'
import { MeshError } from '../fault.ts'
import type { NetworkHost, NetworkHostOptions } from '../network/network-host.ts'
import { createGatekeeper } from './gatekeeper.ts'
import { type HostComponents, startHost } from './host.ts'
import {
  ADDRESS_TIMEOUT_MS,
  DIAL_TIMEOUT_MS,
  MAX_CONNECTIONS,
  MAX_STREAMS_PER_CONNECTION,
  MAX_STREAMS_WITH_RELAY,
  STREAM_WINDOW_BYTES,
} from './limits.ts'
import { nativeNoise } from './native-noise.ts'
import { quietYamux } from './quiet-yamux.ts'
import { RELAY, relayedTransport } from './relay.ts'
import { createSegmentSearch, type SegmentSearch } from './segment-search.ts'
import { createSessions, type Sessions } from './sessions.ts'
import { createTraffic } from './traffic.ts'

/** What a host stands on. */
export interface Libp2pHostParts {
  /** 32 secret bytes; the same that made the identity. */
  readonly seed: Uint8Array
  readonly options: NetworkHostOptions
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/** Connections that may be under way from outside at once, and begin in a second from one address: a cloud behind NAT is one. */
const MAX_PENDING = 64
const MAX_NEW_PER_SECOND = 64

/**
 * Starts the libp2p adapter; it listens when the promise resolves.
 *
 * @throws {MeshError} unreachable - no address of `options.listen` can be used; malformed - a seed of another size
 */
export async function createLibp2pHost(parts: Libp2pHostParts): Promise<NetworkHost> {
  const { seed, options, clock } = parts
  if (seed.length !== 32) throw new MeshError('malformed', 'The seed of an Ed25519 key has 32 bytes')
  const sessions = createSessions()
  const traffic = createTraffic()
  const gatekeeper = createGatekeeper(sessions, traffic, clock)
  const taken: { components?: HostComponents; found?: (peer: PeerInfo) => void } = {}
  const search = options.isMulticastEnabled ? createSegmentSearch(parts, (peer) => taken.found?.(peer)) : undefined
  const libp2p = await createLibp2p({
    ...(await configOf(parts, sessions, search)),
    connectionGater: gatekeeper.gater,
    services: {
      identify: identify({ runOnConnectionOpen: false }),
      ping: ping(),
      taken: (components: HostComponents) => {
        taken.components = components
        return {}
      },
      ...(options.isRelay ? { relay: circuitRelayServer(RELAY) } : {}),
    },
    start: false,
  })
  if (taken.components === undefined) throw new TypeError('libp2p is built otherwise than this program expects')
  const onFound = (listener: (peer: PeerInfo) => void) => {
    taken.found = listener
  }
  const host = await startHost({
    ...parts,
    libp2p,
    components: taken.components,
    sessions,
    traffic,
    gatekeeper,
    onFound,
  })
  if (search !== undefined) searchOnAndOn(search, libp2p, parts.log)
  return host
}

function searchOnAndOn(search: SegmentSearch, libp2p: Libp2p, log: Log): void {
  const ending = new AbortController()
  libp2p.addEventListener('stop', () => ending.abort(), { once: true })
  search
    .run(() => libp2p.status === 'started', ending.signal)
    .catch((error: unknown) => log.warn({ error }, 'members of the same network segment are not searched any more'))
}

async function configOf(
  { seed, options }: Libp2pHostParts,
  sessions: Sessions,
  search: SegmentSearch | undefined,
): Promise<Libp2pOptions> {
  const isRelayed = options.isRelay || options.relays.length > 0
  const maxStreams = isRelayed ? MAX_STREAMS_WITH_RELAY : MAX_STREAMS_PER_CONNECTION
  const streams = { inactivityTimeout: Number.POSITIVE_INFINITY, maxReadBufferLength: 2 * STREAM_WINDOW_BYTES }
  return {
    privateKey: await generateKeyPairFromSeed('Ed25519', seed),
    addresses: { listen: [...options.listen], announce: [...options.announce] },
    transports: [tcp({ maxConnections: MAX_CONNECTIONS }), relayedTransport(sessions)],
    connectionEncrypters: [nativeNoise()],
    streamMuxers: [
      quietYamux({
        enableKeepAlive: false,
        maxInboundStreams: maxStreams,
        maxOutboundStreams: maxStreams,
        streamOptions: {
          ...streams,
          initialStreamWindowSize: STREAM_WINDOW_BYTES,
          maxStreamWindowSize: STREAM_WINDOW_BYTES,
        },
      }),
    ],
    // Silence is found on the control stream, for a tenth of the bytes.
    connectionMonitor: { enabled: false },
    connectionManager: {
      maxConnections: MAX_CONNECTIONS,
      maxIncomingPendingConnections: MAX_PENDING,
      inboundConnectionThreshold: MAX_NEW_PER_SECOND,
      dialTimeout: DIAL_TIMEOUT_MS,
      addressDialTimeout: ADDRESS_TIMEOUT_MS,
      reconnectRetries: 0,
    },
    transportManager: { faultTolerance: FaultTolerance.NO_FATAL },
    peerDiscovery: search === undefined ? [] : [search.create],
  }
}
