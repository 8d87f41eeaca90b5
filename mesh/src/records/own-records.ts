import type { PeerId } from '../admission/membership.ts'
import { compareBytes, encodeCanonical } from '../encoding/cbor.ts'
import type { Codec } from '../encoding/codec.ts'
import { placeKey } from './order.ts'
import type { Payload } from './payloads.ts'
import { PAYLOADS } from './payloads.ts'
import { DEFAULT_PACE, type MeshRecord, type Pace, type RecordKind } from './record.ts'

/** Changes of one place that come faster are published as one. */
export const MIN_PUBLISH_INTERVAL_MS = 1000
/** Part of the refresh interval by which each refresh is moved, so that members do not publish in step. */
const REFRESH_JITTER = 0.2

/** Said again at the short pace by everybody: suspicions are soon refuted or settled, and machines are made for fresh demand only. */
const BRIEF_KINDS: ReadonlySet<RecordKind> = new Set<RecordKind>(['suspicion', 'demand'])

/** What this member states in one place. */
interface Statement {
  readonly kind: RecordKind
  readonly subject: string
  readonly payload: unknown
  /** Epoch milliseconds of the last publication; undefined before the first. */
  readonly publishedAt: number | undefined
  readonly dueAt: number
}

/** Everything that this member states, and when it is to say so again. A value; `next…` functions make the following one. */
export interface OwnRecords {
  readonly owner: PeerId
  readonly bootId: number
  readonly pace: Pace
  /** Of the next record. */
  readonly sequence: number
  readonly statements: ReadonlyMap<string, Statement>
  /** Of the statements: none is due from then, included, until then, excluded. */
  readonly quiet: Quiet
}

/** Epoch milliseconds. */
interface Quiet {
  readonly from: number
  readonly until: number
}

const NOTHING_STATED: Quiet = { from: Number.NEGATIVE_INFINITY, until: Number.POSITIVE_INFINITY }

/**
 * The bootId of this start: the clock, but never at or below the one of the last start, as after a clock that was set
 * back nobody would listen. The caller persists it before anything is published.
 *
 * @param last - of the last start of this identity, undefined for the first
 */
export function nextBootId(now: number, last: number | undefined): number {
  return last === undefined ? now : Math.max(now, last + 1)
}

/** Nothing stated yet. @param pace - of all but the brief kinds */
export function startOwnRecords(owner: PeerId, bootId: number, pace: Pace = DEFAULT_PACE): OwnRecords {
  return { owner, bootId, pace, sequence: 0, statements: new Map(), quiet: NOTHING_STATED }
}

/**
 * States something, in place of what was stated there. The same again changes nothing; a change is due at once, or
 * `MIN_PUBLISH_INTERVAL_MS` after the last publication of this place.
 *
 * @throws {MeshError} malformed - the payload is outside the bounds of its kind
 */
export function nextStatement<K extends RecordKind>(
  own: OwnRecords,
  statement: { readonly kind: K; readonly subject: string; readonly payload: Payload<K> },
  now: number,
): OwnRecords {
  const key = placeKey(statement)
  const before = own.statements.get(key)
  const encoded = encodePayload(statement.kind, statement.payload)
  if (before !== undefined && compareBytes(encodePayload(before.kind, before.payload), encoded) === 0) return own
  const dueAt = before?.publishedAt === undefined ? now : Math.max(now, before.publishedAt + MIN_PUBLISH_INTERVAL_MS)
  return stating(own, new Map(own.statements).set(key, { ...statement, publishedAt: before?.publishedAt, dueAt }))
}

/** No longer states something: its record expires, as none refreshes it. */
export function nextWithdrawal(own: OwnRecords, kind: RecordKind, subject: string): OwnRecords {
  const statements = new Map(own.statements)
  return statements.delete(placeKey({ kind, subject })) ? stating(own, statements) : own
}

/** Makes everything due now: after a heal, or to refute a suspicion. */
export function nextRefresh(own: OwnRecords, now: number): OwnRecords {
  const statements = new Map<string, Statement>()
  for (const [key, statement] of own.statements)
    statements.set(key, { ...statement, dueAt: Math.min(statement.dueAt, now) })
  return stating(own, statements)
}

/**
 * The records to sign and publish now.
 *
 * @param fraction - draws from 0 up to 1, for the jitter of the next refresh
 */
export function nextPublication(
  own: OwnRecords,
  now: number,
  fraction: () => number,
): { readonly own: OwnRecords; readonly publish: readonly MeshRecord[] } {
  // Asked after every event, and mostly there is nothing to say.
  if (!isPublicationDue(own, now)) return { own, publish: [] }
  const publish: MeshRecord[] = []
  const statements = new Map(own.statements)
  for (const [key, statement] of own.statements) {
    const { ttlMs, refreshMs } = paceOf(own, statement)
    if (!isDue(statement, now, refreshMs)) continue
    const { kind, subject, payload } = statement
    const sequence = own.sequence + publish.length
    const { owner, bootId } = own
    publish.push({ owner, bootId, sequence, kind, subject, issuedAt: now, ttlMs, payload })
    const waitMs = refreshMs * (1 + REFRESH_JITTER * (2 * fraction() - 1))
    statements.set(key, { ...statement, publishedAt: now, dueAt: now + Math.round(waitMs) })
  }
  return { own: stating({ ...own, sequence: own.sequence + publish.length }, statements), publish }
}

function paceOf(own: OwnRecords, { kind }: Statement): Pace {
  return BRIEF_KINDS.has(kind) ? DEFAULT_PACE : own.pace
}

/** A clock that was set back must not silence this member until it has caught up. */
function isDue({ dueAt }: Statement, now: number, refreshMs: number): boolean {
  return now >= dueAt || now < dueAt - 2 * refreshMs
}

function stating(own: OwnRecords, statements: OwnRecords['statements']): OwnRecords {
  let { from, until } = NOTHING_STATED
  for (const statement of statements.values()) {
    from = Math.max(from, statement.dueAt - 2 * paceOf(own, statement).refreshMs)
    until = Math.min(until, statement.dueAt)
  }
  return { ...own, statements, quiet: { from, until } }
}

/** Whether `nextPublication` has something to do. */
export function isPublicationDue({ quiet }: OwnRecords, now: number): boolean {
  return now < quiet.from || now >= quiet.until
}

/** When `nextPublication` has something to do; infinite while nothing is stated. */
export function publicationDueAt(own: OwnRecords): number {
  return own.quiet.until
}

function encodePayload(kind: RecordKind, payload: unknown): Uint8Array {
  const codec: Codec<unknown> = PAYLOADS[kind]
  return encodeCanonical(codec.encode(payload))
}
