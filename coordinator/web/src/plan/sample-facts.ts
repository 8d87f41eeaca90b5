import type { InstanceFacts } from '@muster/contexts/plan/facts.ts'

/** Machine for which the editor previews a plan: a small VM; the real machine makes its own plan when it is paired. */
export const SAMPLE_FACTS: InstanceFacts = {
  hostname: 'example',
  fqdn: 'example',
  cpus: 2,
  memoryMiB: 4096,
  architecture: 'x86_64',
  os: { id: 'debian', version: '12', name: 'Debian GNU/Linux 12' },
  address: undefined,
  metadata: { publicKeys: [] },
}
