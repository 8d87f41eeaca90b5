import { createSeededRandom } from '@muster/runtime/random.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { digestOf } from '../../src/records/digest.ts'
import type { SignedRecord } from '../../src/records/record.ts'
import { readRecord } from '../../src/records/record-codec.ts'
import { createRecordStore, type RecordStore } from '../../src/records/record-store.ts'
import { nextSync, type SyncSource, type SyncStep, startSnapshot, startSync } from '../../src/records/sync-exchange.ts'
import { decodeSyncMessage, encodeSyncMessage, type SyncMessage } from '../../src/records/sync-messages.ts'
import { identityOf, START } from '../admission/cluster.ts'
import { DIRECTORY, recordOf, SERVICE, unsigned } from './records.ts'

const FREE = { maxPerOwner: 10_000, rate: { perSecond: 1e9, burst: 1e9 } }
const OWNERS = [50, 51, 52].map((number) => identityOf(number).peer)

/** Few owners, places, boots and sequences, so that all kinds of meetings happen; addresses differ to contradict. */
const anyRecord: fc.Arbitrary<SignedRecord> = fc
  .record({
    owner: fc.constantFrom(...OWNERS),
    bootId: fc.integer({ min: START - 3, max: START - 1 }),
    sequence: fc.nat(4),
    subject: fc.constantFrom('proxy', 'head'),
    address: fc.constantFrom('10.0.0.1', '10.0.0.2'),
  })
  .map(({ address, ...rest }) => unsigned(recordOf({ ...rest, payload: { ...SERVICE, address } })))
const someRecords = fc.array(anyRecord, { maxLength: 25 })

function storeOf(...lists: readonly (readonly SignedRecord[])[]): RecordStore {
  const store = createRecordStore(FREE)
  for (const record of lists.flat()) store.offer(record, DIRECTORY, START)
  return store
}
/** What a store holds, in an order that says nothing. */
function viewOf(store: RecordStore): readonly string[] {
  return [...store.all()].map((held) => Buffer.from(held.bytes).toString('hex')).sort()
}
/** The union of two stores, as one of them after it has heard all that the other holds. */
function merge(a: RecordStore, b: RecordStore): RecordStore {
  return storeOf([...a.all()], [...b.all()])
}

describe('Merging stores', () => {
  it('is commutative, associative and idempotent', () => {
    fc.assert(
      fc.property(someRecords, someRecords, someRecords, (x, y, z) => {
        const [a, b, c] = [storeOf(x), storeOf(y), storeOf(z)]
        expect(viewOf(merge(a, b))).toEqual(viewOf(merge(b, a)))
        expect(viewOf(merge(merge(a, b), c))).toEqual(viewOf(merge(a, merge(b, c))))
        expect(viewOf(merge(a, a))).toEqual(viewOf(a))
        expect(viewOf(merge(merge(a, b), b))).toEqual(viewOf(merge(a, b)))
      }),
      { numRuns: 200 },
    )
  })

  it('gives the same whatever the order and however often records arrive', () => {
    const shuffled = someRecords.chain((records) =>
      fc.tuple(fc.constant(records), fc.shuffledSubarray([...records, ...records], { minLength: records.length * 2 })),
    )
    fc.assert(
      fc.property(shuffled, ([records, delivered]) => {
        expect(viewOf(storeOf(delivered))).toEqual(viewOf(storeOf(records)))
      }),
      { numRuns: 200 },
    )
  })

  it('keeps only the last boot of an owner and one record of a place', () => {
    fc.assert(
      fc.property(someRecords, (records) => {
        const held = [...storeOf(records).all()].map((each) => each.record)
        for (const record of held) {
          const heard = records.filter((each) => each.record.owner === record.owner)
          expect(record.bootId).toBe(Math.max(...heard.map((each) => each.record.bootId)))
        }
        expect(new Set(held.map((record) => `${record.owner}/${record.subject}`)).size).toBe(held.length)
      }),
      { numRuns: 200 },
    )
  })
})

interface Side {
  readonly store: RecordStore
  readonly source: SyncSource
}

function sideOf(store: RecordStore): Side {
  return { store, source: { recordsOf: () => [...store.all()], certificateOf: (peer) => `certificate of ${peer}` } }
}

function take(side: Side, step: SyncStep): void {
  for (const bytes of step.records) side.store.offer(readRecord(bytes), DIRECTORY, START)
}

/** One exchange over a connection that `isLost` may break at any message; says how many messages were sent. */
function exchange(opener: Side, answerer: Side, start: SyncStep, isLost: () => boolean = () => false): number {
  const sides = [answerer, opener] as const
  const states = [{ phase: 'idle' } as SyncStep['state'], start.state]
  let pending: readonly SyncMessage[] = start.send
  let sent = 0
  for (let turn = 0; pending.length > 0; turn++) {
    const at = turn % 2 === 0 ? 0 : 1
    const answers: SyncMessage[] = []
    for (const message of pending) {
      sent += 1
      if (isLost()) return sent
      const step = nextSync(states[at] ?? start.state, decodeSyncMessage(encodeSyncMessage(message)), sides[at].source)
      states[at] = step.state
      take(sides[at], step)
      answers.push(...step.send)
    }
    pending = answers
  }
  return sent
}

describe('Anti-entropy', () => {
  it('makes two stores equal in one exchange of at most four messages', () => {
    fc.assert(
      fc.property(someRecords, someRecords, someRecords, (shared, x, y) => {
        const [a, b] = [sideOf(storeOf(shared, x)), sideOf(storeOf(shared, y))]
        const union = viewOf(merge(a.store, b.store))
        const sent = exchange(a, b, startSync(DIRECTORY, a.source))
        expect(sent).toBeLessThanOrEqual(4)
        // Records of an older boot may go over in vain, but both ends hold the union.
        expect(viewOf(a.store)).toEqual(union)
        expect(viewOf(b.store)).toEqual(union)
        expect(digestOf([...a.store.all()], 8)).toEqual(digestOf([...b.store.all()], 8))
      }),
      { numRuns: 200 },
    )
  })

  it('ends after two messages when there is nothing to tell', () => {
    fc.assert(
      fc.property(someRecords, (records) => {
        const [a, b] = [sideOf(storeOf(records)), sideOf(storeOf([...records].reverse()))]
        expect(exchange(a, b, startSync(DIRECTORY, a.source))).toBe(2)
      }),
      { numRuns: 50 },
    )
  })

  it('makes stores equal although messages are lost, and never takes anything back', () => {
    fc.assert(
      fc.property(someRecords, someRecords, fc.integer(), (x, y, seed) => {
        const random = createSeededRandom(seed)
        const [a, b] = [sideOf(storeOf(x)), sideOf(storeOf(y))]
        const union = viewOf(merge(a.store, b.store))
        for (let round = 0; round < 20; round++) {
          const [opener, answerer] = round % 2 === 0 ? [a, b] : [b, a]
          exchange(opener, answerer, startSync(DIRECTORY, opener.source), () => random.fraction() < 0.3)
        }
        exchange(a, b, startSync(DIRECTORY, a.source))
        expect([viewOf(a.store), viewOf(b.store)]).toEqual([union, union])
      }),
      { numRuns: 100 },
    )
  })

  const MANY = 1000
  const crowd = Array.from({ length: MANY }, (_, number) => {
    const owner = identityOf(2000 + number).peer
    return unsigned(recordOf({ owner, issuedAt: START - number }))
  })

  it('brings over what does not fit into one exchange by the next ones, newest first', () => {
    const [empty, full] = [sideOf(storeOf()), sideOf(storeOf(crowd))]
    const sizes = [1, 2, 3, 4].map(() => {
      exchange(empty, full, startSync(DIRECTORY, empty.source))
      return empty.store.size()
    })
    expect(sizes).toEqual([256, 512, 768, MANY])
    const pushed = sideOf(storeOf())
    exchange(full, pushed, startSync(DIRECTORY, full.source))
    expect([...pushed.store.all()].every((held) => held.record.issuedAt > START - 256)).toBe(true)
  })

  it('brings a whole topic at once on request', () => {
    const [empty, full] = [sideOf(storeOf()), sideOf(storeOf(crowd))]
    expect(exchange(empty, full, startSnapshot(DIRECTORY))).toBe(1 + Math.ceil(MANY / 128))
    expect(viewOf(empty.store)).toEqual(viewOf(full.store))
    const nothing = sideOf(storeOf())
    expect(exchange(empty, nothing, startSnapshot(DIRECTORY))).toBe(2)
  })

  it('costs little when stores are equal: a digest of 1000 records takes at most 3 KiB', () => {
    const [message] = startSync(DIRECTORY, sideOf(storeOf(crowd)).source).send
    expect(message === undefined ? 0 : encodeSyncMessage(message).length).toBeLessThan(3072)
    const [small] = startSync(DIRECTORY, sideOf(storeOf(crowd.slice(0, 20))).source).send
    expect(small === undefined ? 0 : encodeSyncMessage(small).length).toBeLessThan(100)
  })
})
