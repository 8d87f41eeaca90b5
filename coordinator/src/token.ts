import { createHash } from 'node:crypto'
import type { Random } from '@muster/runtime/random.ts'

/** `mst` API token · `msm` machine · `msa` agent of one pairing · `mss` browser session · `msd` device code. */
export type TokenKind = 'mst' | 'msm' | 'msa' | 'mss' | 'msd'

/** A new bearer secret: kind, underscore, 256 random bits in base64url. */
export function issueToken(kind: TokenKind, random: Random): string {
  return `${kind}_${Buffer.from(random.bytes(32)).toString('base64url')}`
}

/** What the store keeps of a token: SHA-256 in hex. No salt is needed, for the token has 256 bits of its own. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

/** The kind of a presented token, or undefined when it has not the shape of one. */
export function tokenKind(token: string): TokenKind | undefined {
  const match = /^(mst|msm|msa|mss|msd)_[A-Za-z0-9_-]{43}$/.exec(token)
  return match?.[1] as TokenKind | undefined
}
