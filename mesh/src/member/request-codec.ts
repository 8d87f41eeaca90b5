import { peerIdCodec } from '../admission/peer-id.ts'
import { refusal } from '../admission/refusals.ts'
import { decodeCanonical, encodeCanonical } from '../encoding/cbor.ts'
import { field, flag, listOf, optional, struct, text, uint } from '../encoding/codec.ts'
import { MAX_ADDRESSES } from '../redial/state.ts'
import { MAX_EXCHANGED_PEERS, type MeshAnswer, type MeshRequest } from './messages.ts'

/** Version of `/muster/member/1`; others are refused. */
export const MEMBER_VERSION = 1
/** Longest multiaddr in a message. */
export const MAX_ADDRESS_BYTES = 256
/** Largest request or answer: `MAX_EXCHANGED_PEERS` with all their addresses. */
export const MAX_MEMBER_BYTES = 40 * 1024

const probe = struct({
  suspected: optional(0, struct({ bootId: field(0, uint()), sequence: field(1, uint()) })),
})
const probeThrough = struct({ peer: field(0, peerIdCodec) })
const reach = struct({ isReachable: field(0, flag) })
const known = struct({
  peer: field(0, peerIdCodec),
  addresses: field(1, listOf(text(MAX_ADDRESS_BYTES), MAX_ADDRESSES)),
})
const peers = struct({ peers: field(0, listOf(known, MAX_EXCHANGED_PEERS)) })

/** Encodes a request: CBOR array of version, type and body. @throws {MeshError} malformed - outside the bounds */
export function encodeRequest(request: MeshRequest): Uint8Array {
  switch (request.type) {
    case 'probe': {
      const { suspected } = request
      return encodeCanonical([MEMBER_VERSION, 0, probe.encode(suspected === undefined ? {} : { suspected })])
    }
    case 'probe-through':
      return encodeCanonical([MEMBER_VERSION, 1, probeThrough.encode(request)])
    case 'peers':
      return encodeCanonical([MEMBER_VERSION, 2, new Map()])
  }
}

/** @throws {MeshError} too-large, malformed; version-mismatch - of another version or an unknown type */
export function decodeRequest(encoded: Uint8Array): MeshRequest {
  const { type, body } = open(encoded)
  switch (type) {
    case 0:
      return { type: 'probe', suspected: probe.decode(body).suspected }
    case 1:
      return { type: 'probe-through', ...probeThrough.decode(body) }
    case 2:
      return { type: 'peers' }
    default:
      throw refusal('version-mismatch', 'A request of a type that this program does not know')
  }
}

/** Encodes an answer: CBOR array of version, type and body. @throws {MeshError} malformed - outside the bounds */
export function encodeAnswer(answer: MeshAnswer): Uint8Array {
  switch (answer.type) {
    case 'here':
      return encodeCanonical([MEMBER_VERSION, 0, new Map()])
    case 'reach':
      return encodeCanonical([MEMBER_VERSION, 1, reach.encode(answer)])
    case 'peers':
      return encodeCanonical([MEMBER_VERSION, 2, peers.encode(answer)])
  }
}

/** @throws {MeshError} too-large, malformed; version-mismatch - of another version or an unknown type */
export function decodeAnswer(encoded: Uint8Array): MeshAnswer {
  const { type, body } = open(encoded)
  switch (type) {
    case 0:
      return { type: 'here' }
    case 1:
      return { type: 'reach', ...reach.decode(body) }
    case 2:
      return { type: 'peers', ...peers.decode(body) }
    default:
      throw refusal('version-mismatch', 'An answer of a type that this program does not know')
  }
}

function open(encoded: Uint8Array): { readonly type: unknown; readonly body: unknown } {
  const parts = decodeCanonical(encoded, MAX_MEMBER_BYTES)
  if (!Array.isArray(parts)) throw refusal('malformed', 'Not a message of a member')
  const [version, type, body]: readonly unknown[] = parts
  if (version !== MEMBER_VERSION) throw refusal('version-mismatch', `This program speaks version ${MEMBER_VERSION}`)
  return { type, body }
}
