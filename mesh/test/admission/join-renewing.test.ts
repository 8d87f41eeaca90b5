import { describe, expect, it } from 'vitest'
import { issueCertificate } from '../../src/admission/certificate.ts'
import { openJoinAnswer } from '../../src/admission/join.ts'
import { CLUSTER, coordinator, START } from './cluster.ts'

import { type Bench, first, MINUTE, newToken, nonce, openBench, outcomeOf, SLOT, second, trust } from './join-bench.ts'

describe('Renewing', () => {
  const renew = (bench: Bench, certificate: string, by = first) => bench.ask(certificate, by, { kind: 'renew' })
  const joinAs = async (bench: Bench) => {
    const answer = await bench.ask(await newToken(bench))
    return answer.outcome === 'admitted' ? answer.certificate : ''
  }

  it('gives a new day to who holds the slot, also when the old one ended while they were apart', async () => {
    const bench = await openBench()
    const certificate = await joinAs(bench)
    for (const hours of [16, 26, 100]) {
      bench.now = START + hours * 60 * MINUTE
      const answer = await renew(bench, certificate)
      const joined = await openJoinAnswer(answer, { trust, peer: first.peer, nonce, now: bench.now })
      expect(joined.membership.expiresAt).toBe(bench.now + 24 * 60 * MINUTE)
    }
    bench.now = START + 9 * 24 * 60 * MINUTE
    expect(outcomeOf(await renew(bench, certificate))).toBe('certificate-expired')
  })

  it('is refused to another peer, to a superseded one, and for a certificate of nobody', async () => {
    const bench = await openBench()
    const certificate = await joinAs(bench)
    expect(outcomeOf(await renew(bench, certificate, second))).toBe('certificate-other-peer')
    expect(outcomeOf(await renew(bench, `${certificate.slice(0, -20)}AAAAAAAAAAAAAAAAAAAA`))).toBe('certificate-forged')
    await bench.ask(await newToken(bench, { ...SLOT, generation: 2 }), second)
    expect(outcomeOf(await renew(bench, certificate))).toBe('slot-superseded')
  })

  it('is granted for a slot that another issuer filled, while that certificate is valid', async () => {
    const bench = await openBench()
    const seat = { cluster: CLUSTER, peer: first.peer, role: 'worker', slot: { ...SLOT, slot: 5 } } as const
    const certificate = await issueCertificate(seat, coordinator, { now: START })
    expect(outcomeOf(await renew(bench, certificate))).toBe('admitted')
    bench.now += 25 * 60 * MINUTE
    expect(outcomeOf(await renew(bench, certificate))).toBe('certificate-expired')
  })
})
