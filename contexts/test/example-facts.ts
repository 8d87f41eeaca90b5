import type { InstanceFacts } from '../src/plan/facts.ts'

/** A machine for plans: two processors, Debian, nothing from a cloud. */
export const FACTS: InstanceFacts = {
  hostname: 'vm',
  fqdn: 'vm.example.org',
  cpus: 2,
  memoryMiB: 2048,
  architecture: 'x64',
  os: { id: 'debian', version: '13', name: 'Debian GNU/Linux 13' },
  address: '10.0.0.2',
  metadata: { publicKeys: [] },
}
