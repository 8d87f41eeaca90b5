import type { Scope } from '@muster/contexts/wire/accounts.ts'

/** What each scope allows, for people. */
export const SCOPE_WORDS: Readonly<Record<Scope, string>> = {
  'contexts:read': 'Read contexts',
  'contexts:write': 'Write and delete contexts',
  'machines:read': 'See machines',
  'machines:write': 'Rename and forget machines',
  'clusters:read': 'See clusters and their members',
  'clusters:write': 'Make, change and delete clusters',
  'pairings:claim': 'Pair machines',
  'events:read': 'Follow events',
}
