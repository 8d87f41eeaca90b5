import type { PeerId } from '../admission/membership.ts'
import type { MeshAnswer, MeshRequest } from '../member/messages.ts'
import type { SignedRecord } from '../records/record.ts'
import type { Streams } from './streams.ts'
import type { Transport, TransportEvent } from './transport.ts'

/** What a node shows a peer of its cluster before anything else, over `/muster/hello/1`. */
export interface Hello {
  /** Compact JWS; left out by those whom the definition names. */
  readonly certificate?: string
  /** Of the newest definition that is known here, so that the other side asks for it when it is newer. */
  readonly definitionVersion: number
}

/** Who may speak in a cluster, as the node above the network knows it. */
export interface AdmissionGate {
  /** What this node shows; undefined while it is no member: then it can open `join` only. */
  hello(): Hello | undefined
  /** Checks what a peer has shown. @throws {MeshError} bad-certificate, refused - it stays a stranger */
  admit(peer: PeerId, hello: Hello): Promise<void>
  /** Whether the peer is a member now: asked for each stream and each message, so it must be cheap. */
  isAdmitted(peer: PeerId): boolean
  /**
   * Judges a gossip message before it is forwarded, and says what is delivered.
   *
   * @param from - the neighbor that passed it on
   */
  receive(topic: string, bytes: Uint8Array, from: PeerId): Promise<GossipVerdict>
}

/** `accept`: deliver and forward · `ignore`: neither, nobody to blame · `reject`: neither, and the neighbor is to blame */
export type GossipVerdict =
  | { readonly verdict: 'accept'; readonly message: SignedRecord }
  | { readonly verdict: 'ignore' | 'reject' }

/** The member's transport: requests and answers of `member/messages.ts`, records on topics. */
export type MemberTransport = Transport<MeshRequest, MeshAnswer, SignedRecord>
export type MemberTransportEvent = TransportEvent<MeshRequest, MeshAnswer, SignedRecord>

/** What one cluster uses of a host. */
export interface ClusterLink {
  readonly transport: MemberTransport
  readonly streams: Streams
  /** Admission has changed (a certificate came, expired or was revoked): greets strangers, hangs up on former members. */
  recheck(): void
  /** Leaves: streams of this cluster are reset, topics left, connections that no other cluster uses closed. */
  detach(): Promise<void>
}

/** A connection as people see it. */
export interface ConnectionView {
  readonly peer: PeerId
  /** Multiaddr of the other end. */
  readonly address: string
  readonly direction: 'inbound' | 'outbound'
  readonly isRelayed: boolean
  /** Round trip in milliseconds, smoothed; undefined before the first ping. */
  readonly rttMs: number | undefined
  /** Epoch milliseconds. */
  readonly openedAt: number
}

/** Traffic since the start. */
export interface TrafficCounts {
  readonly receivedBytes: number
  readonly sentBytes: number
}

/** The network of one process: one key, one set of sockets, any number of clusters. */
export interface NetworkHost {
  readonly self: PeerId
  /** Multiaddrs at which others reach this node now, best first, without the peer; relayed ones too. */
  addresses(): readonly string[]
  /** Addresses or reachability have changed. @returns stops listening */
  onAddresses(listener: () => void): () => void
  connections(): readonly ConnectionView[]
  traffic(): TrafficCounts
  /** Takes part in a cluster. Events of the link's transport go to `handle`, one after the other. */
  attach(cluster: string, gate: AdmissionGate, handle: (event: MemberTransportEvent) => void): ClusterLink
  /** Closes all connections and sockets. */
  stop(): Promise<void>
}

/** How a host listens and is found. */
export interface NetworkHostOptions {
  /** Multiaddrs to listen at; port 0 takes a free one. */
  readonly listen: readonly string[]
  /** Multiaddrs to announce in place of those found; for a host behind a port forwarding. */
  readonly announce: readonly string[]
  /** Find others of the same network segment. */
  readonly isMulticastEnabled: boolean
  /** Pass on traffic between two peers that do not reach each other. */
  readonly isRelay: boolean
  /** Multiaddrs with `/p2p/` of relays to be reachable through when nobody else reaches this node. */
  readonly relays: readonly string[]
}
