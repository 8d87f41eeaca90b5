import { type Static, Type } from 'typebox'
import { Timestamp } from './common.ts'

/**
 * Types of the append-only event log. `GET /events` streams those of the asking account as server-sent events:
 * `id` is the sequence in the log, `event` the type, `data` this JSON; `Last-Event-ID` (or ?after=) replays, `event:
 * resync` when that is too old.
 */
export const EventType = Type.Union([
  Type.Literal('account-created'),
  Type.Literal('password-changed'),
  Type.Literal('account-deleted'),
  Type.Literal('session-started'),
  Type.Literal('session-ended'),
  Type.Literal('token-created'),
  Type.Literal('token-revoked'),
  Type.Literal('context-created'),
  Type.Literal('context-changed'),
  Type.Literal('context-version-published'),
  Type.Literal('context-deleted'),
  Type.Literal('pairing-claimed'),
  Type.Literal('pairing-rejected'),
  Type.Literal('pairing-completed'),
  Type.Literal('machine-status'),
  Type.Literal('machine-renamed'),
  Type.Literal('machine-forgotten'),
  Type.Literal('cluster-created'),
  Type.Literal('cluster-changed'),
  Type.Literal('cluster-deleted'),
  Type.Literal('machine-authorized'),
  Type.Literal('member-revoked'),
  /** Members, connections or answers are others than before; at most one in a few seconds. */
  Type.Literal('cluster-mesh'),
])
export type EventType = Static<typeof EventType>

/** One line of the log; it is the audit log too, so `data` holds ids and names, never contents or secrets. */
export const Event = Type.Object({
  sequence: Type.Integer({ minimum: 1 }),
  at: Timestamp,
  type: EventType,
  /** Id of what it is about. */
  subject: Type.String(),
  /** Account or machine that caused it. */
  actor: Type.String(),
  data: Type.Record(Type.String(), Type.Unknown()),
})
export type Event = Static<typeof Event>
