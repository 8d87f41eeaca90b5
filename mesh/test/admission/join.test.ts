import { describe, expect, it } from 'vitest'
import { createJoinRequest, decodeJoinAnswer, encodeJoinRequest, openJoinAnswer } from '../../src/admission/join.ts'
import type { TokenEntry } from '../../src/admission/join-token.ts'
import { hashToken } from '../../src/admission/join-token.ts'
import { createMemoryJournal } from '../../src/admission/memory-journal.ts'
import { addRevocations, NO_REVOCATIONS, signRevocations, verifyRevocations } from '../../src/admission/revocation.ts'
import { agentA, agentB, CLUSTER, causeOfRejection, identityOf, START } from './cluster.ts'

import { definition, first, MINUTE, newToken, nonce, openBench, outcomeOf, SLOT, second, trust } from './join-bench.ts'

describe('Joining with a token', () => {
  it('makes a member of the slot to which the token is bound', async () => {
    const bench = await openBench()
    const answer = await bench.ask(await newToken(bench))
    const joined = await openJoinAnswer(answer, { trust, peer: first.peer, nonce, now: START })
    expect(joined.membership).toMatchObject({ peer: first.peer, role: 'worker', slot: SLOT, issuer: agentA.peer })
    expect(joined.definition).toEqual(definition)
    expect(bench.refusals.totals().size).toBe(0)
  })

  it('persists the use before it answers', async () => {
    const entries: TokenEntry[] = []
    let release: () => void = () => undefined
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const bench = await openBench({
      load: async () => [],
      async append(entry) {
        if (entry.type === 'used') await held
        entries.push(entry)
      },
    })
    let answered = false
    const token = await newToken(bench)
    const answer = bench.ask(token).then((value) => {
      answered = true
      return value
    })
    for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve))
    expect([answered, entries.map((entry) => entry.type)]).toEqual([false, ['issued']])
    release()
    expect(outcomeOf(await answer)).toBe('admitted')
    expect(entries[1]).toEqual({ type: 'used', hash: hashToken(token), peer: first.peer, usedAt: START })
  })

  it('keeps the hash of a token only', async () => {
    const journal = createMemoryJournal()
    const bench = await openBench(journal)
    const token = await newToken(bench)
    await bench.ask(token)
    expect(JSON.stringify(await journal.load())).not.toContain(token)
    expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/)
  })

  it('answers the same peer again, as the first answer may have been lost, and no other peer', async () => {
    const bench = await openBench()
    const token = await newToken(bench)
    expect(outcomeOf(await bench.ask(token))).toBe('admitted')
    expect(outcomeOf(await bench.ask(token))).toBe('admitted')
    expect(outcomeOf(await bench.ask(token, second))).toBe('token-used')
    bench.now += 15 * MINUTE
    expect(outcomeOf(await bench.ask(token))).toBe('token-used')
    expect(bench.refusals.totals()).toEqual(new Map([['token-used', 2]]))
  })

  it('admits one of many peers that show one token at the same time', async () => {
    const bench = await openBench()
    const token = await newToken(bench)
    const peers = Array.from({ length: 8 }, (_, index) => identityOf(100 + index))
    const outcomes = (await Promise.all(peers.map((peer) => bench.ask(token, peer)))).map(outcomeOf)
    expect(outcomes.filter((outcome) => outcome === 'admitted')).toHaveLength(1)
    expect(outcomes.filter((outcome) => outcome === 'token-used')).toHaveLength(7)
  })

  it('remembers the use over a restart, also with a journal that was rewritten', async () => {
    const journal = createMemoryJournal()
    const before = await openBench(journal)
    const token = await newToken(before)
    await before.ask(token)
    for (const entries of [await journal.load(), before.issuer.entries()]) {
      const after = await openBench(createMemoryJournal(entries))
      expect(outcomeOf(await after.ask(token, second))).toBe('token-used')
      expect(outcomeOf(await after.ask(token))).toBe('admitted')
    }
  })

  it('writes its journal one line after another, however many come at once', async () => {
    let writing = 0
    let most = 0
    const bench = await openBench({
      load: async () => [],
      async append() {
        writing += 1
        most = Math.max(most, writing)
        for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
        writing -= 1
      },
    })
    const slots = Array.from({ length: 10 }, (_, slot) => ({ ...SLOT, slot }))
    const tokens = await Promise.all(slots.map((slot) => newToken(bench, slot)))
    const answers = await Promise.all(tokens.map((token, index) => bench.ask(token, identityOf(100 + index))))
    expect(answers.map(outcomeOf)).toEqual(slots.map(() => 'admitted'))
    expect(most).toBe(1)
  })

  it('gives a token to nobody else when the journal failed, as the use may be written all the same', async () => {
    let isBroken = true
    const entries: TokenEntry[] = []
    const bench = await openBench({
      load: async () => [],
      async append(entry) {
        if (entry.type === 'used' && isBroken) throw new Error('No space left on device')
        entries.push(entry)
      },
    })
    const token = await newToken(bench)
    expect(await bench.ask(token)).toEqual({ outcome: 'refused', cause: 'try-later', retryAfterMs: 5000 })
    expect(outcomeOf(await bench.ask(token, second))).toBe('token-used')
    isBroken = false
    expect(outcomeOf(await bench.ask(token))).toBe('admitted')
    expect(entries.filter((entry) => entry.type === 'used')).toHaveLength(1)
  })

  it('refuses a token that is unknown, expired, voided or of another cluster', async () => {
    const bench = await openBench()
    expect(outcomeOf(await bench.ask('x'.repeat(43)))).toBe('token-unknown')
    const voided = await newToken(bench)
    const token = await newToken(bench)
    expect(outcomeOf(await bench.ask(voided))).toBe('token-unknown')
    expect(outcomeOf(await bench.ask(token, first, { cluster: 'clu_other' }))).toBe('token-other-cluster')
    const foreign = {
      hash: hashToken('y'.repeat(43)),
      cluster: 'clu_other',
      role: 'worker',
      slot: SLOT,
      expiresAt: START + MINUTE,
    } as const
    const other = await openBench(createMemoryJournal([{ type: 'issued', token: foreign }]))
    expect(outcomeOf(await other.ask('y'.repeat(43)))).toBe('token-other-cluster')
    bench.now += 60 * MINUTE
    expect(outcomeOf(await bench.ask(token))).toBe('token-expired')
  })

  it('refuses a second machine for one slot and generation, and the old one after the slot was filled anew', async () => {
    const bench = await openBench()
    const token = await newToken(bench)
    await bench.ask(token)
    expect(await causeOfRejection(newToken(bench))).toBe('duplicate-slot')
    const next = await newToken(bench, { ...SLOT, generation: 2 })
    expect(outcomeOf(await bench.ask(next, second))).toBe('admitted')
    expect(outcomeOf(await bench.ask(token))).toBe('slot-superseded')
    expect(await causeOfRejection(newToken(bench))).toBe('slot-superseded')
  })

  it('issues tokens for its own cloud and for defined services only', async () => {
    const bench = await openBench()
    expect(await causeOfRejection(newToken(bench, { ...SLOT, cloud: 'b' }))).toBe('issuer-unknown')
    expect(await causeOfRejection(newToken(bench, { ...SLOT, service: 'unknown' }))).toBe('wrong-role')
  })

  it('refuses a peer that cannot prove its key, speaks to another issuer, or comes over a connection of another', async () => {
    const bench = await openBench()
    const right = await newToken(bench)
    const wish = { cluster: CLUSTER, issuer: agentA.peer, kind: 'join' as const, right, nonce }
    const request = createJoinRequest(wish, first)
    const answer = async (value: typeof request, remote = value.peer) =>
      outcomeOf(decodeJoinAnswer(await bench.issuer.answer(encodeJoinRequest(value), remote)))
    expect(await answer({ ...request, peer: second.peer })).toBe('bad-proof')
    expect(await answer({ ...request, nonce: new Uint8Array(16) })).toBe('bad-proof')
    expect(await answer({ ...request, instance: 'i-1' })).toBe('bad-proof')
    expect(await answer(createJoinRequest({ ...wish, issuer: agentB.peer }, first))).toBe('bad-proof')
    expect(await answer(request, second.peer)).toBe('wrong-peer')
    expect(await answer(request)).toBe('admitted')
  })

  it('asks the surroundings before it uses the token, and keeps the token when they do not answer', async () => {
    const seen: unknown[] = []
    let reply: () => Promise<'not-approved' | undefined> = async () => 'not-approved'
    const bench = await openBench(createMemoryJournal(), {
      approve(applicant) {
        seen.push(applicant)
        return reply()
      },
    })
    const token = await newToken(bench)
    expect(outcomeOf(await bench.ask(token, first, { instance: 'i-1' }))).toBe('not-approved')
    expect(seen).toEqual([{ peer: first.peer, role: 'worker', slot: SLOT, instance: 'i-1' }])
    reply = () => Promise.reject(new Error('the cloud does not answer'))
    expect(outcomeOf(await bench.ask(token))).toBe('try-later')
    reply = async () => undefined
    expect(outcomeOf(await bench.ask(token, second))).toBe('admitted')
  })

  it('admits nobody who was revoked', async () => {
    const bench = await openBench()
    const token = await newToken(bench)
    await bench.ask(token)
    const list = await signRevocations({ cluster: CLUSTER, version: 1, now: START, peers: [first.peer] }, agentA)
    bench.revocations = addRevocations(NO_REVOCATIONS, await verifyRevocations(list, definition))
    expect(outcomeOf(await bench.ask(token))).toBe('certificate-revoked')
  })
})
