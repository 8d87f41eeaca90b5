import type { Event, EventType } from '@muster/contexts/wire/events.ts'
import type { Selectable } from 'kysely'
import { wireTime } from '../wire-time.ts'
import type { Db } from './query.ts'
import type { EventsTable } from './tables.ts'

/** An event about to be written; `accountId` is who may read it. */
export interface NewEvent {
  readonly accountId: string
  readonly at: number
  readonly type: EventType
  readonly subject: string
  readonly actor: string
  readonly data?: Readonly<Record<string, unknown>>
}

/** The append-only log. */
export interface EventStore {
  append(event: NewEvent): Promise<number>
  /** The account's events above a sequence, oldest first. */
  after(accountId: string, sequence: number, limit: number): Promise<readonly Event[]>
  /** The account's events above a sequence, counted up to `limit`. */
  countAfter(accountId: string, sequence: number, limit: number): Promise<number>
  /** `latest` of the whole log; sequences up to `prunedThrough` are gone. */
  bounds(): Promise<{ readonly latest: number; readonly prunedThrough: number }>
  /** Deletes what is older than `before` (epoch ms). @returns how many */
  prune(before: number): Promise<number>
}

/**
 * Creates the log's queries.
 *
 * @param appended - told the account of each event that this transaction writes
 */
export function createEventStore(db: Db, appended: (accountId: string) => void): EventStore {
  return {
    async append(event) {
      // The counter's row is locked until the commit, so sequences become visible in their order.
      const { value: sequence } = await db
        .updateTable('counters')
        .set((eb) => ({ value: eb('value', '+', 1) }))
        .where('name', '=', 'events')
        .returning('value')
        .executeTakeFirstOrThrow()
      const { accountId, at, type, subject, actor, data = {} } = event
      await db
        .insertInto('events')
        .values({ sequence, account_id: accountId, at, type, subject, actor, data: JSON.stringify(data) })
        .execute()
      appended(accountId)
      return sequence
    },
    async after(accountId, sequence, limit) {
      const rows = await db
        .selectFrom('events')
        .selectAll()
        .where('account_id', '=', accountId)
        .where('sequence', '>', sequence)
        .orderBy('sequence')
        .limit(limit)
        .execute()
      return rows.map(toEvent)
    },
    async countAfter(accountId, sequence, limit) {
      const rows = await db
        .selectFrom('events')
        .select('sequence')
        .where('account_id', '=', accountId)
        .where('sequence', '>', sequence)
        .limit(limit)
        .execute()
      return rows.length
    },
    async bounds() {
      const rows = await db
        .selectFrom('counters')
        .selectAll()
        .where('name', 'in', ['events', 'events-pruned'])
        .execute()
      const counter = (name: string) => rows.find((row) => row.name === name)?.value ?? 0
      return { latest: counter('events'), prunedThrough: counter('events-pruned') }
    },
    async prune(before) {
      const last = await db
        .selectFrom('events')
        .select((eb) => eb.fn.max('sequence').as('sequence'))
        .where('at', '<', before)
        .executeTakeFirst()
      const through = last?.sequence
      if (through === undefined || through === null) return 0
      const removed = await db.deleteFrom('events').where('sequence', '<=', through).executeTakeFirst()
      await db.updateTable('counters').set({ value: through }).where('name', '=', 'events-pruned').execute()
      return Number(removed.numDeletedRows)
    },
  }
}

function toEvent(row: Selectable<EventsTable>): Event {
  return {
    sequence: row.sequence,
    at: wireTime(row.at),
    type: row.type as EventType,
    subject: row.subject,
    actor: row.actor,
    data: JSON.parse(row.data),
  }
}
