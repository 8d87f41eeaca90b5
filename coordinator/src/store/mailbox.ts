import type { MailboxMessage } from '@muster/contexts/wire/pairings.ts'
import type { Db } from './query.ts'

/** The two ends of a mailbox. */
export type Sender = 'agent' | 'claimant'

/** Which messages to read. */
export interface MailboxSlice {
  readonly pairingId: string
  readonly claimId: string
  readonly sender: Sender
  /** Messages with a sequence above this. */
  readonly after: number
  readonly limit: number
}

/** Messages between an agent and its claimant, which only they can read. */
export interface MailboxStore {
  insert(pairingId: string, message: MailboxMessage, sender: Sender): Promise<void>
  read(slice: MailboxSlice): Promise<readonly MailboxMessage[]>
  clear(pairingId: string): Promise<void>
}

/** Creates the queries of the mailboxes. */
export function createMailboxStore(db: Db): MailboxStore {
  return {
    async insert(pairingId, message, sender) {
      const { sequence, claimId, body } = message
      await db
        .insertInto('mailbox_messages')
        .values({ pairing_id: pairingId, sequence, claim_id: claimId, sender, body })
        .execute()
    },
    read: ({ pairingId, claimId, sender, after, limit }) =>
      db
        .selectFrom('mailbox_messages')
        .select(['sequence', 'claim_id as claimId', 'body'])
        .where('pairing_id', '=', pairingId)
        .where('claim_id', '=', claimId)
        .where('sender', '=', sender)
        .where('sequence', '>', after)
        .orderBy('sequence')
        .limit(limit)
        .execute(),
    async clear(pairingId) {
      await db.deleteFrom('mailbox_messages').where('pairing_id', '=', pairingId).execute()
    },
  }
}
