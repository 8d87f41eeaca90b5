/**
 * Tables of the store as the queries see them. Times are epoch milliseconds, flags do not exist, structured values are
 * JSON text, identifiers are the prefixed ones: the subset that SQLite and PostgreSQL share.
 */
export interface Tables {
  settings: SettingsTable
  counters: CountersTable
  accounts: AccountsTable
  sessions: SessionsTable
  api_tokens: ApiTokensTable
  device_authorizations: DeviceAuthorizationsTable
  contexts: ContextsTable
  context_versions: ContextVersionsTable
  idempotent_replies: IdempotentRepliesTable
  pairings: PairingsTable
  claims: ClaimsTable
  mailbox_messages: MailboxMessagesTable
  machines: MachinesTable
  clusters: ClustersTable
  cluster_definitions: ClusterDefinitionsTable
  join_token_entries: JoinTokenEntriesTable
  cluster_revocations: ClusterRevocationsTable
  cluster_notes: ClusterNotesTable
  tries: TriesTable
  events: EventsTable
}

interface SettingsTable {
  name: string
  value: string
}

interface CountersTable {
  name: string
  value: number
}

export interface AccountsTable {
  id: string
  login: string
  password_hash: string
  created_at: number
}

export interface SessionsTable {
  id: string
  token_hash: string
  account_id: string
  user_agent: string
  created_at: number
  last_used_at: number
  expires_at: number
}

export interface ApiTokensTable {
  id: string
  token_hash: string
  account_id: string
  name: string
  scopes: string
  created_at: number
  last_used_at: number | null
  expires_at: number
}

export interface DeviceAuthorizationsTable {
  device_code_hash: string
  user_code: string
  client_name: string
  requested_from: string
  interval_ms: number
  last_polled_at: number | null
  approved_by: string | null
  expires_at: number
}

export interface ContextsTable {
  id: string
  owner_id: string
  name: string
  description: string
  latest_version: number
  revision: number
  created_at: number
  updated_at: number
}

export interface ContextVersionsTable {
  context_id: string
  version: number
  format: 'plain' | 'age'
  note: string
  digest: string
  size_bytes: number
  body: string
  created_at: number
}

export interface IdempotentRepliesTable {
  account_id: string
  route: string
  idempotency_key: string
  request_digest: string
  status: number
  headers: string
  body: string
  created_at: number
}

export interface PairingsTable {
  id: string
  /** Null once the pairing has ended: live locators are unique. */
  locator: string | null
  state: 'waiting' | 'claimed' | 'completed' | 'burned' | 'expired'
  agent_token_hash: string
  agent_public_key: string
  facts: string
  seen_from: string
  network: string
  claim_id: string | null
  machine_id: string | null
  next_sequence: number
  created_at: number
  /** Of the PIN while it lives, of the mailbox after completion. */
  expires_at: number
}

export type ClaimEnd = 'wrong-pin' | 'protocol' | 'declined' | 'given-up' | 'timed-out' | 'burned' | 'expired'

export interface ClaimsTable {
  id: string
  pairing_id: string
  account_id: string
  network: string
  state: 'open' | 'completed' | ClaimEnd
  message_count: number
  message_chars: number
  created_at: number
  expires_at: number
}

export interface MailboxMessagesTable {
  pairing_id: string
  sequence: number
  claim_id: string
  sender: 'agent' | 'claimant'
  body: string
}

export interface MachinesTable {
  id: string
  owner_id: string
  name: string
  public_key: string
  token_hash: string
  revision: number
  paired_at: number
  last_seen_at: number
  status: string
  /** From the reported status, for counting the users of a version. */
  context_id: string | null
  context_version: number | null
}

export interface ClustersTable {
  id: string
  owner_id: string
  name: string
  coordinator: string
  version: number
  created_at: number
  updated_at: number
}

interface ClusterDefinitionsTable {
  cluster_id: string
  version: number
  token: string
  content: string
  created_at: number
}

/** The issuer's journal: what became of each join token; the tokens themselves are stored as hashes. */
interface JoinTokenEntriesTable {
  cluster_id: string
  sequence: number
  entry: string
}

interface ClusterRevocationsTable {
  cluster_id: string
  issuer: string
  version: number
  token: string
}

interface ClusterNotesTable {
  cluster_id: string
  name: string
  value: string
}

export interface TriesTable {
  bucket: string
  /** Tells the tries of one bucket and one millisecond apart. */
  id: string
  at: number
}

export interface EventsTable {
  sequence: number
  account_id: string
  at: number
  type: string
  subject: string
  actor: string
  data: string
}
