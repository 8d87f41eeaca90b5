import { Type } from 'typebox'
import { Value } from 'typebox/value'
import type { TokenEntry } from '../admission/join-token.ts'
import { ClusterId, Counter, Label, PeerIdText, ROLES } from '../admission/names.ts'

const Hash = Type.String({ pattern: '^[0-9a-f]{64}$' })
const Time = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const Token = Type.Object({
  hash: Hash,
  cluster: ClusterId,
  role: Type.Enum([...ROLES]),
  slot: Type.Object({ service: Label, cloud: Label, slot: Counter, generation: Counter }),
  expiresAt: Time,
})
const Entry = Type.Union([
  Type.Object({ type: Type.Literal('issued'), token: Token }),
  Type.Object({ type: Type.Literal('voided'), hash: Hash }),
  Type.Object({ type: Type.Literal('used'), hash: Hash, peer: PeerIdText, usedAt: Time }),
])

/** Reads one line of an issuer's journal; undefined when it is none. */
export function decodeTokenEntry(value: unknown): TokenEntry | undefined {
  return Value.Check(Entry, value) ? value : undefined
}
