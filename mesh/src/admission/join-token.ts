import { Secret } from '@muster/contexts/secret.ts'
import type { Random } from '@muster/runtime/random.ts'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { base64url } from 'jose'
import type { PeerId, Role, Slot } from './membership.ts'
import type { RefusalCause } from './refusals.ts'
import { placeOf } from './roster.ts'

const TOKEN_BYTES = 32
/** Characters of a token: 256 bits in base64url. */
export const TOKEN_CHARS = 43
/** Boots can take 20 minutes and more. */
export const TOKEN_LIFE_MS = 60 * 60_000
/** A member whose answer was lost may ask again for so long after its token was used. */
export const REPEAT_ANSWER_MS = 15 * 60_000

/** The right to fill one slot once; the issuer keeps only the hash of the token. */
export interface IssuedToken {
  /** SHA-256 of the token's characters, hex. */
  readonly hash: string
  readonly cluster: string
  readonly role: Role
  readonly slot: Slot
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

/** One line of the issuer's journal; lines are only added. */
export type TokenEntry =
  | { readonly type: 'issued'; readonly token: IssuedToken }
  | { readonly type: 'voided'; readonly hash: string }
  | { readonly type: 'used'; readonly hash: string; readonly peer: PeerId; readonly usedAt: number }

/** A token with what became of it. */
export interface TokenState extends IssuedToken {
  readonly use: { readonly peer: PeerId; readonly usedAt: number } | undefined
}

/** What the journal says: a value, replaced by `nextLedger`. */
export interface TokenLedger {
  readonly tokens: ReadonlyMap<string, TokenState>
  /** Hash of the token whose user holds a place (slot without generation) now. */
  readonly holders: ReadonlyMap<string, string>
}

/** A token that a peer shows, for the cluster that it wants to join. */
export interface ShownToken {
  readonly token: string
  readonly cluster: string
  readonly peer: PeerId
}

/** What the ledger says to a peer that shows a token. */
export type TokenDecision =
  | { readonly decision: 'first-use'; readonly token: TokenState; readonly entry: TokenEntry }
  | { readonly decision: 'repeat'; readonly token: TokenState }
  | { readonly decision: 'refuse'; readonly cause: RefusalCause }

/** Draws a token of 256 bits. */
export function drawToken(random: Pick<Random, 'bytes'>): Secret {
  return new Secret(base64url.encode(random.bytes(TOKEN_BYTES)))
}

/** What is kept of a token. */
export function hashToken(token: string): string {
  return bytesToHex(sha256(utf8ToBytes(token)))
}

/** The ledger after one more line of the journal. Lines that contradict an earlier use change nothing: the first use holds. */
export function nextLedger(ledger: TokenLedger, entry: TokenEntry): TokenLedger {
  const next = { tokens: new Map(ledger.tokens), holders: new Map(ledger.holders) }
  addEntry(next, entry)
  return next
}

/** The ledger of a whole journal, as `nextLedger` makes it line by line. */
export function ledgerOf(entries: readonly TokenEntry[]): TokenLedger {
  const ledger: DraftLedger = { tokens: new Map(), holders: new Map() }
  for (const entry of entries) addEntry(ledger, entry)
  return ledger
}

interface DraftLedger {
  readonly tokens: Map<string, TokenState>
  readonly holders: Map<string, string>
}

function addEntry({ tokens, holders }: DraftLedger, entry: TokenEntry): void {
  switch (entry.type) {
    case 'issued':
      if (!tokens.has(entry.token.hash)) tokens.set(entry.token.hash, { ...entry.token, use: undefined })
      break
    case 'voided':
      if (tokens.get(entry.hash)?.use === undefined) tokens.delete(entry.hash)
      break
    case 'used': {
      const token = tokens.get(entry.hash)
      if (token === undefined || token.use !== undefined) break
      tokens.set(entry.hash, { ...token, use: { peer: entry.peer, usedAt: entry.usedAt } })
      const held = tokens.get(holders.get(placeOf(token.slot)) ?? '')
      if (held === undefined || held.slot.generation < token.slot.generation) {
        holders.set(placeOf(token.slot), entry.hash)
      }
    }
  }
}

/** Whether a token for this slot may be issued; undefined if so. */
export function causeAgainstIssue(ledger: TokenLedger, slot: Slot): RefusalCause | undefined {
  const holder = holderOf(ledger, slot)
  if (holder === undefined || holder.slot.generation < slot.generation) return undefined
  return holder.slot.generation === slot.generation ? 'duplicate-slot' : 'slot-superseded'
}

/** Tokens of a place that were not used and must not be any more once a new one is issued for it. */
export function openTokensOf(ledger: TokenLedger, slot: Slot): readonly TokenState[] {
  const place = placeOf(slot)
  return [...ledger.tokens.values()].filter((token) => token.use === undefined && placeOf(token.slot) === place)
}

/**
 * Decides on a shown token. The same peer may repeat itself, since its answer may have been lost; the key that it has
 * proven to hold is what the token was bound to at its first use.
 */
export function decideToken(ledger: TokenLedger, shown: ShownToken, now: number): TokenDecision {
  const hash = hashToken(shown.token)
  const token = ledger.tokens.get(hash)
  if (token === undefined) return { decision: 'refuse', cause: 'token-unknown' }
  if (token.cluster !== shown.cluster) return { decision: 'refuse', cause: 'token-other-cluster' }
  if (token.use !== undefined) return decideRepeat(ledger, token, token.use, shown.peer, now)
  if (token.expiresAt <= now) return { decision: 'refuse', cause: 'token-expired' }
  const cause = causeAgainstIssue(ledger, token.slot)
  if (cause !== undefined) return { decision: 'refuse', cause }
  return { decision: 'first-use', token, entry: { type: 'used', hash, peer: shown.peer, usedAt: now } }
}

function decideRepeat(
  ledger: TokenLedger,
  token: TokenState,
  use: { readonly peer: PeerId; readonly usedAt: number },
  peer: PeerId,
  now: number,
): TokenDecision {
  if (use.peer !== peer || use.usedAt + REPEAT_ANSWER_MS <= now) return { decision: 'refuse', cause: 'token-used' }
  const isHolder = ledger.holders.get(placeOf(token.slot)) === token.hash
  return isHolder ? { decision: 'repeat', token } : { decision: 'refuse', cause: 'slot-superseded' }
}

/** Who holds a place, whatever the generation. */
export function holderOf(ledger: TokenLedger, slot: Slot): TokenState | undefined {
  return ledger.tokens.get(ledger.holders.get(placeOf(slot)) ?? '')
}

/** The lines that still matter: open tokens that have not expired, and holders. For rewriting a journal that has grown. */
export function compactEntries(ledger: TokenLedger, now: number): readonly TokenEntry[] {
  const holders = new Set(ledger.holders.values())
  return [...ledger.tokens.values()].flatMap(({ use, ...token }): TokenEntry[] => {
    const isOpen = use === undefined && token.expiresAt > now
    if (!isOpen && !holders.has(token.hash)) return []
    const issued: TokenEntry = { type: 'issued', token }
    return use === undefined ? [issued] : [issued, { type: 'used', hash: token.hash, ...use }]
  })
}
