import type { Machine } from '@muster/contexts/wire/machines.ts'
import { describe, expect, test } from 'vitest'
import { findPairedMachine } from '../../src/pairing/find-paired-machine.ts'
import { sampleClaim } from '../sample-claim.ts'

function machine(id: string, pairedAt: string, hostname: string): Machine {
  return {
    id,
    name: hostname,
    pairedAt,
    lastSeenAt: pairedAt,
    isOnline: true,
    status: { state: 'configured', hostname, addresses: [], agentVersion: '0.1.0' },
  }
}

const before = machine('mch_old', '2026-03-01T11:00:00Z', 'vm-7')
const paired = machine('mch_new', '2026-03-01T12:00:20Z', 'vm-7')

describe('the machine that was just paired', () => {
  test('is the only one paired since the claim', () => {
    expect(findPairedMachine([before, paired], sampleClaim)).toBe(paired)
  })

  test('is found though the context gave it another host name', () => {
    const renamed = machine('mch_new', '2026-03-01T12:00:20Z', 'worker')
    expect(findPairedMachine([before, renamed], sampleClaim)).toBe(renamed)
  })

  test('is told from another one, paired meanwhile, by its host name', () => {
    const other = machine('mch_other', '2026-03-01T12:00:30Z', 'vm-8')
    expect(findPairedMachine([other, paired], sampleClaim)).toBe(paired)
  })

  test('is not guessed when two fit, or when none is listed yet', () => {
    const twin = machine('mch_twin', '2026-03-01T12:00:30Z', 'vm-7')
    expect(findPairedMachine([twin, paired], sampleClaim)).toBeUndefined()
    expect(findPairedMachine([before], sampleClaim)).toBeUndefined()
  })
})
