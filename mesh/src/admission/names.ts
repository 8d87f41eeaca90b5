import { Type } from 'typebox'
import type { Role } from './membership.ts'
import { isPeerId } from './peer-id.ts'

/** A DNS label: services and clouds become host names under `.muster`. */
export const LABEL_PATTERN = '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'
/** Longest label. */
export const MAX_LABEL_CHARS = 63
/** Highest number of a slot and of a generation. */
export const MAX_COUNTER = 2 ** 31 - 1
/** Every role; the order is that of the wire. */
export const ROLES = [
  'cloud-agent',
  'fixed',
  'demand-owner',
  'worker',
  'coordinator',
] as const satisfies readonly Role[]

/** Name of a service, a cloud or a cluster in a signed document. */
export const Label = Type.String({ pattern: LABEL_PATTERN, maxLength: MAX_LABEL_CHARS })
/** Identifier of a cluster: letters, digits, `_`, `-`. */
export const ClusterId = Type.String({ pattern: '^[a-zA-Z0-9_-]{1,64}$' })
/** PeerId of an Ed25519 key. */
export const PeerIdText = Type.Refine(Type.String({ maxLength: 52 }), isPeerId)
/** Whole number from 0. */
export const Counter = Type.Integer({ minimum: 0, maximum: MAX_COUNTER })
/** RFC 7519 NumericDate in whole seconds. */
export const Seconds = Type.Integer({ minimum: 0, maximum: 2 ** 40 })
