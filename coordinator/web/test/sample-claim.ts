import type { Claim } from '@muster/contexts/wire/pairings.ts'

/** A claim as the coordinator gives it. */
export const sampleClaim: Claim = {
  claimId: 'clm_01hzzzzzzzzzzzzzzzzzzzzzzz',
  pairingId: 'pair_01hzzzzzzzzzzzzzzzzzzzzzzz',
  accountId: 'acc_01hzzzzzzzzzzzzzzzzzzzzzzz',
  agentPublicKey: 'A'.repeat(43),
  seenFrom: '192.0.2.7',
  expiresAt: '2026-03-01T12:02:00Z',
  facts: {
    hostname: 'vm-7',
    os: 'Debian GNU/Linux 12',
    architecture: 'x86_64',
    cpus: 2,
    memoryMiB: 4096,
    addresses: ['192.0.2.7'],
    agentVersion: '0.1.0',
    bootedAt: '2026-03-01T11:55:00Z',
  },
}
