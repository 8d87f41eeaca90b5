import { type AccountStore, createAccountStore } from './accounts.ts'
import { type ApiTokenStore, createApiTokenStore } from './api-tokens.ts'
import { type ClaimStore, createClaimStore } from './claims.ts'
import { type ClusterKeepingStore, createClusterKeepingStore } from './cluster-keeping.ts'
import { type ClusterStore, createClusterStore } from './clusters.ts'
import { type ContextVersionStore, createContextVersionStore } from './context-versions.ts'
import { type ContextStore, createContextStore } from './contexts.ts'
import { createDeviceStore, type DeviceStore } from './device-authorizations.ts'
import { createEventStore, type EventStore } from './events.ts'
import { createIdempotentReplyStore, type IdempotentReplyStore } from './idempotent-replies.ts'
import { createMachineStore, type MachineStore } from './machines.ts'
import { createMailboxStore, type MailboxStore } from './mailbox.ts'
import { createPairingStore, type PairingStore } from './pairings.ts'
import type { Db } from './query.ts'
import { createSessionStore, type SessionStore } from './sessions.ts'
import { createSettingStore, type SettingStore } from './settings.ts'
import { createTryStore, type TryStore } from './tries.ts'

/** All queries, on the store or within one transaction. */
export interface Repositories {
  readonly settings: SettingStore
  readonly accounts: AccountStore
  readonly sessions: SessionStore
  readonly apiTokens: ApiTokenStore
  readonly devices: DeviceStore
  readonly contexts: ContextStore
  readonly versions: ContextVersionStore
  readonly replies: IdempotentReplyStore
  readonly pairings: PairingStore
  readonly claims: ClaimStore
  readonly mailbox: MailboxStore
  readonly machines: MachineStore
  readonly clusters: ClusterStore
  readonly clusterKeeping: ClusterKeepingStore
  readonly tries: TryStore
  readonly events: EventStore
}

/** What a transaction touched that others wait for: told after its commit. */
export interface Touched {
  account(id: string): void
}

/** Creates all queries on one connection. */
export function createRepositories(db: Db, touched: Touched): Repositories {
  return {
    settings: createSettingStore(db),
    accounts: createAccountStore(db),
    sessions: createSessionStore(db),
    apiTokens: createApiTokenStore(db),
    devices: createDeviceStore(db),
    contexts: createContextStore(db),
    versions: createContextVersionStore(db),
    replies: createIdempotentReplyStore(db),
    pairings: createPairingStore(db),
    claims: createClaimStore(db),
    mailbox: createMailboxStore(db),
    machines: createMachineStore(db),
    clusters: createClusterStore(db),
    clusterKeeping: createClusterKeepingStore(db),
    tries: createTryStore(db),
    events: createEventStore(db, touched.account),
  }
}
