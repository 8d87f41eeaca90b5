import type { MeshAnswer, MeshRequest } from '@muster/mesh/member/messages.ts'

/**
 * Bytes that one message costs on a connection beside its content, as the receiver's socket counts them. A frame of
 * yamux has a header of 12, a noise message a length of 2 and a tag of 16; one frame is one noise message here, while
 * js-libp2p puts several in one under load.
 */
export const FRAME_BYTES = 12 + 2 + 16
/** IPv4 and TCP with timestamps: one segment with the message, and the acknowledgement of one that was sent. */
export const SEGMENT_BYTES = 52
/** A gossip message beside record and topic: protobuf tags and lengths of the RPC, the message and its two fields. */
const GOSSIP_FIELDS_BYTES = 12
/** `muster/1/CLUSTER/directory` with a cluster identifier of 20 characters. */
const TOPIC_BYTES = 40
/** A ping or a pong of the control stream: length, type and number. */
const PING_BYTES = 6
/** A connection costs one exchange per interval, whichever end asks. */
const PING_INTERVAL_MS = 12_000
/** Opening a stream: the names of multistream-select and of the protocol, the window update and the end of the stream. */
const STREAM_BYTES = 20 + 20 + 3 * FRAME_BYTES
/** Heartbeats of gossipsub announce a message in three rounds to one member outside the mesh, 16 bytes each. */
const ANNOUNCEMENTS = 3
const MESH = 6
const ANNOUNCEMENT_BYTES = 16 + 4 + TOPIC_BYTES + FRAME_BYTES

/** What one machine received, by cause. */
export interface Traffic {
  gossipBytes: number
  syncBytes: number
  requestBytes: number
  /** Messages, each one segment on the wire. */
  messages: number
}

/** Nothing was received. */
export function noTraffic(): Traffic {
  return { gossipBytes: 0, syncBytes: 0, requestBytes: 0, messages: 0 }
}

/** A copy of a record arrives; the first or one of the others. @param degree - neighbors that follow the topic */
export function countGossip(traffic: Traffic, recordBytes: number, degree: number): void {
  const outside = Math.max(0, degree - MESH) / Math.max(1, degree)
  traffic.gossipBytes += recordBytes + TOPIC_BYTES + GOSSIP_FIELDS_BYTES + FRAME_BYTES
  traffic.gossipBytes += (outside * ANNOUNCEMENTS * ANNOUNCEMENT_BYTES) / MESH
  traffic.messages += 1
}

/** A message of a sync exchange arrives. @param isFirst - the one that opens the stream, or answers on it first */
export function countSync(traffic: Traffic, bytes: number, isFirst: boolean): void {
  traffic.syncBytes += bytes + FRAME_BYTES + (isFirst ? STREAM_BYTES : 0)
  traffic.messages += 1
}

const NUMBER_BYTES = 6
const PEER_BYTES = 34
const ADDRESS_BYTES = 36

/** A request or an answer arrives. */
export function countRequest(traffic: Traffic, body: MeshRequest | MeshAnswer): void {
  traffic.requestBytes += FRAME_BYTES + NUMBER_BYTES + bodyBytes(body)
  traffic.messages += 1
}

function bodyBytes(body: MeshRequest | MeshAnswer): number {
  if (body.type === 'probe-through') return PEER_BYTES
  if (body.type === 'probe') return body.suspected === undefined ? 2 : 16
  return 'peers' in body
    ? body.peers.reduce((sum, { addresses }) => sum + PEER_BYTES + addresses.length * ADDRESS_BYTES, 2)
    : 2
}

/** Pings received in a second, in bytes. @param connections - how many stand */
export function pingBytesPerSecond(connections: number): number {
  return (connections * (PING_BYTES + FRAME_BYTES) * 1_000) / PING_INTERVAL_MS
}

/** Segments of pings received in a second. */
export function pingsPerSecond(connections: number): number {
  return (connections * 1_000) / PING_INTERVAL_MS
}
