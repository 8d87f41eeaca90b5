import { MAX_CERTIFICATE_BYTES } from '../admission/certificate.ts'
import { refusal } from '../admission/refusals.ts'
import { decodeCanonical, encodeCanonical } from '../encoding/cbor.ts'
import { bytes, field, optional, struct, text, uint } from '../encoding/codec.ts'
import type { FrameBounds } from './frame-stream.ts'

/** Bytes that tell one start of a process from another of the same key. */
export const PROCESS_BYTES = 8
const MAX_CLUSTER_BYTES = 64

/**
 * Frames of `/muster/hello/1`, one stream for the life of a connection. Both sides begin with `start`.
 *
 * `greet` what a side shows as a member of a cluster, its certificate unless the definition names it · `welcome` the
 * other side is admitted · `refused` it is not · `unknown` no such cluster here · `leave` this side ends its part in a
 * cluster · `ping` answered by `pong` with the same number · `bye` the connection is closed on purpose
 */
export type ControlMessage =
  | { readonly type: 'start'; readonly process: Uint8Array }
  | {
      readonly type: 'greet'
      readonly cluster: string
      readonly definitionVersion: number
      readonly certificate?: string
    }
  | { readonly type: 'welcome' | 'refused' | 'unknown' | 'leave'; readonly cluster: string }
  | { readonly type: 'ping' | 'pong'; readonly number: number }
  | { readonly type: 'bye' }

/** The stream's bounds; it has no deadline, silence is found by pings. */
export const CONTROL_BOUNDS: FrameBounds = {
  name: '/muster/hello/1',
  maxFrameBytes: MAX_CERTIFICATE_BYTES + 256,
  deadlineMs: Number.POSITIVE_INFINITY,
}

/** Types in the order of the wire. */
const TYPES = ['start', 'greet', 'welcome', 'refused', 'unknown', 'leave', 'ping', 'pong', 'bye'] as const

const clusterId = text(MAX_CLUSTER_BYTES)
const start = struct({ process: field(0, bytes(PROCESS_BYTES)) })
const greeting = struct({
  cluster: field(0, clusterId),
  definitionVersion: field(1, uint()),
  certificate: optional(2, text(MAX_CERTIFICATE_BYTES)),
})
const aboutCluster = struct({ cluster: field(0, clusterId) })
const numbered = struct({ number: field(0, uint()) })

/** Encodes a frame: CBOR array of type and body. */
export function encodeControl(message: ControlMessage): Uint8Array {
  return encodeCanonical([TYPES.indexOf(message.type), bodyOf(message)])
}

/** @throws {MeshError} too-large, malformed; version-mismatch - a type that this program does not know */
export function decodeControl(encoded: Uint8Array): ControlMessage {
  const parts = decodeCanonical(encoded, CONTROL_BOUNDS.maxFrameBytes)
  if (!Array.isArray(parts)) throw refusal('malformed', 'Not a control frame')
  const [code, body]: readonly unknown[] = parts
  const type = typeof code === 'number' ? TYPES[code] : undefined
  switch (type) {
    case undefined:
      throw refusal('version-mismatch', 'A control frame of a type that this program does not know')
    case 'start':
      return { type, ...start.decode(body) }
    case 'greet':
      return { type, ...greeting.decode(body) }
    case 'ping':
    case 'pong':
      return { type, ...numbered.decode(body) }
    case 'bye':
      return { type }
    default:
      return { type, ...aboutCluster.decode(body) }
  }
}

function bodyOf(message: ControlMessage): unknown {
  switch (message.type) {
    case 'start':
      return start.encode(message)
    case 'greet':
      return greeting.encode(message)
    case 'ping':
    case 'pong':
      return numbered.encode(message)
    case 'bye':
      return new Map()
    default:
      return aboutCluster.encode(message)
  }
}
