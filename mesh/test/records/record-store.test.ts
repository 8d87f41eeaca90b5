import { describe, expect, it } from 'vitest'
import type { MeshRecord } from '../../src/records/record.ts'
import { createRecordStore, type Offered, type RecordStore } from '../../src/records/record-store.ts'
import { identityOf, START } from '../admission/cluster.ts'
import { DIRECTORY, fixed, recordOf, SERVICE, unsigned } from './records.ts'

const DAY = 24 * 60 * 60_000
const said = (offered: Offered) => (offered.outcome === 'refused' ? offered.cause : offered.outcome)
const offer = (store: RecordStore, changes: Partial<MeshRecord> = {}, now = START) =>
  said(store.offer(unsigned(recordOf(changes)), DIRECTORY, now))
const suspicion = (number: number, sequence: number): Partial<MeshRecord> => ({
  kind: 'suspicion',
  subject: identityOf(1000 + number).peer,
  sequence,
  payload: { reason: 'closed', bootId: 1, sequence: 1 },
})
const presence = { kind: 'presence', subject: '', payload: { cloud: 'a', state: 'ready', addresses: [] } } as const

describe('The record store', () => {
  it('keeps the newest record of each place', () => {
    const store = createRecordStore()
    expect(offer(store, { sequence: 2 })).toBe('accepted')
    expect(offer(store, { sequence: 2 })).toBe('duplicate')
    expect(offer(store, { sequence: 1 })).toBe('stale')
    expect(offer(store, { sequence: 4 })).toBe('accepted')
    expect(offer(store, { ...presence, sequence: 3 })).toBe('accepted')
    expect(store.get(fixed.peer, 'service', 'proxy')?.record.sequence).toBe(4)
    expect(store.ofOwner(fixed.peer)).toHaveLength(2)
    expect(store.size()).toBe(2)
  })

  it('outdates all that an owner said before its restart', () => {
    const store = createRecordStore()
    offer(store, { sequence: 9 })
    const restarted = store.offer(unsigned(recordOf({ ...presence, bootId: START, sequence: 0 })), DIRECTORY, START)
    expect(restarted).toMatchObject({ outcome: 'accepted', outdated: [{ record: { kind: 'service' } }] })
    expect(offer(store, { sequence: 10 })).toBe('stale')
    expect([...store.all()].map((held) => held.record.kind)).toEqual(['presence'])
    expect(store.size()).toBe(1)
  })

  it('picks the same of two records under one version, whichever came first, and says that their owner lies', () => {
    const [one, two] = [unsigned(recordOf()), unsigned(recordOf({ payload: { ...SERVICE, address: '10.0.0.8' } }))]
    const kept = [
      [one, two],
      [two, one],
    ].map((records) => {
      const store = createRecordStore()
      const outcomes = records.map((record) => store.offer(record, DIRECTORY, START))
      expect(outcomes[1]).toMatchObject({ isContradiction: true })
      return store.get(fixed.peer, 'service', 'proxy')?.bytes
    })
    expect(kept[0]).toEqual(kept[1])
  })

  it('lets a record expire its TTL after it was received, and no later than its owner meant', () => {
    const store = createRecordStore()
    offer(store, {}, START)
    expect(store.expire(START + 89_999)).toEqual([])
    expect(store.expire(START + 90_000).map((held) => held.record.kind)).toEqual(['service'])
    expect(store.size()).toBe(0)
    const late = createRecordStore()
    offer(late, {}, START + 100_000)
    expect(late.expire(START + 119_999)).toEqual([])
    expect(late.expire(START + 120_000)).toHaveLength(1)
  })

  it('refuses records from the future and those whose time is over, with 30 s for clocks that differ', () => {
    const causeAt = (now: number, changes: Partial<MeshRecord> = {}) => offer(createRecordStore(), changes, now)
    expect(causeAt(START - 30_000)).toBe('accepted')
    expect(causeAt(START - 30_001)).toBe('record-from-future')
    expect(causeAt(START, { bootId: START + 30_001 })).toBe('record-from-future')
    expect(causeAt(START + 119_999)).toBe('accepted')
    expect(causeAt(START + 120_000)).toBe('record-expired')
  })

  it('does not take an old record again after the newer one has expired', () => {
    const store = createRecordStore()
    const long = { ttlMs: 600_000 }
    offer(store, { ...long, sequence: 1 })
    offer(store, { sequence: 2 })
    store.expire(START + 100_000)
    expect(store.size()).toBe(0)
    expect(offer(store, { ...long, sequence: 1 }, START + 100_000)).toBe('stale')
    expect(offer(store, { ...long, sequence: 2 }, START + 100_000)).toBe('stale')
    expect(offer(store, { ...long, sequence: 3 }, START + 100_000)).toBe('accepted')
  })

  it('remembers the versions of an owner in bounded space, at the price of refusing some that it never saw', () => {
    const store = createRecordStore({ maxPerOwner: 2, rate: { perSecond: 100, burst: 100 } })
    for (let round = 0; round < 20; round++) {
      const now = START + round * 100_000
      const time = { issuedAt: now, ttlMs: 50_000 }
      expect(offer(store, { ...suspicion(round, round * 10), ...time }, now)).toBe('accepted')
      store.expire(now + 60_000)
    }
    const now = START + 2_000_000
    const ever = { issuedAt: now, ttlMs: 90_000 }
    expect(offer(store, { ...suspicion(0, 0), ...ever }, now)).toBe('stale')
    expect(offer(store, { ...suspicion(99, 170), ...ever }, now)).toBe('stale')
    expect(offer(store, { ...suspicion(0, 191), ...ever }, now)).toBe('accepted')
  })

  it('forgets an owner a day after its last record', () => {
    const store = createRecordStore()
    const again = (now: number) => offer(store, { sequence: 0, issuedAt: now }, now)
    offer(store, { sequence: 5 })
    store.expire(START + 90_000)
    expect(again(START + DAY - 1)).toBe('stale')
    offer(store, { owner: identityOf(50).peer, issuedAt: START + DAY }, START + DAY)
    store.expire(START + DAY + 90_000)
    expect(again(START + DAY + 90_000)).toBe('accepted')
  })

  it('bounds how many and how often one owner may speak, and others do not suffer', () => {
    const store = createRecordStore({ maxPerOwner: 3, rate: { perSecond: 1, burst: 5 } })
    for (let number = 0; number < 3; number++) expect(offer(store, suspicion(number, number))).toBe('accepted')
    expect(offer(store, suspicion(3, 3))).toBe('too-many-records')
    expect(offer(store, suspicion(0, 4))).toBe('accepted')
    expect(offer(store, suspicion(0, 5))).toBe('accepted')
    expect(offer(store, suspicion(0, 6))).toBe('rate-limited')
    expect(offer(store, suspicion(0, 6), START + 999)).toBe('rate-limited')
    expect(offer(store, suspicion(0, 6), START + 1000)).toBe('accepted')
    expect(offer(store, { owner: identityOf(50).peer })).toBe('accepted')
    expect(offer(store, { ...presence, bootId: START }, START + 2000)).toBe('accepted')
  })

  it('bounds all records and owners, and makes room by forgetting who is silent', () => {
    const store = createRecordStore({ maxRecords: 2, maxOwners: 2 })
    const by = (number: number, now = START) =>
      offer(store, { owner: identityOf(50 + number).peer, issuedAt: now }, now)
    expect([by(0), by(1), by(2)]).toEqual(['accepted', 'accepted', 'store-full'])
    expect(offer(store, { ...presence, owner: identityOf(50).peer })).toBe('store-full')
    store.expire(START + 90_000)
    expect(by(2, START + 90_000)).toBe('accepted')
  })
})
