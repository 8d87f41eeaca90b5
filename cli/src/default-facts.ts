import type { InstanceFacts } from '@muster/contexts/plan/facts.ts'

/** A machine of no special kind: what a context is planned for when no real machine is at hand. */
export const DEFAULT_FACTS: InstanceFacts = {
  hostname: 'machine',
  fqdn: 'machine',
  cpus: 2,
  memoryMiB: 4096,
  architecture: 'x86_64',
  os: { id: '', version: '', name: '' },
  address: undefined,
  metadata: { publicKeys: [] },
}
