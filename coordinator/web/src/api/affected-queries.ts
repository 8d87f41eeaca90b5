import type { EventType } from '@muster/contexts/wire/events.ts'

/** First part of a query's key: what it is about. */
export type QuerySubject = 'session' | 'sessions' | 'contexts' | 'machines' | 'clusters' | 'tokens'

/** What has to be asked again after an event; every type of the log must be decided here. */
export const AFFECTED_BY_EVENT: Readonly<Record<EventType, readonly QuerySubject[]>> = {
  'account-created': [],
  'password-changed': ['session', 'sessions'],
  'account-deleted': ['session'],
  'session-started': ['sessions'],
  'session-ended': ['session', 'sessions'],
  'token-created': ['tokens'],
  'token-revoked': ['tokens'],
  'context-created': ['contexts'],
  'context-changed': ['contexts'],
  'context-version-published': ['contexts'],
  'context-deleted': ['contexts'],
  'pairing-claimed': [],
  'pairing-rejected': [],
  'pairing-completed': ['machines'],
  // Machine counts of versions follow the machines.
  'machine-status': ['machines', 'contexts'],
  'machine-renamed': ['machines'],
  'machine-forgotten': ['machines', 'contexts'],
  'cluster-created': ['clusters'],
  'cluster-changed': ['clusters'],
  'cluster-deleted': ['clusters'],
  'machine-authorized': ['clusters'],
  'member-revoked': ['clusters'],
  'cluster-mesh': ['clusters'],
}
