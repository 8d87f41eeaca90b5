import { createSeededRandom } from '@muster/runtime/random.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  nextBootId,
  nextPublication,
  nextRefresh,
  nextStatement,
  nextWithdrawal,
  type OwnRecords,
  publicationDueAt,
  startOwnRecords,
} from '../../src/records/own-records.ts'
import { DIRECTORY_PACE, type MeshRecord } from '../../src/records/record.ts'
import { createRecordStore } from '../../src/records/record-store.ts'
import { START } from '../admission/cluster.ts'
import { DIRECTORY, fixed, SERVICE, unsigned } from './records.ts'

const half = () => 0.5
const service = (address: string) => ({ kind: 'service', subject: 'proxy', payload: { ...SERVICE, address } }) as const
const worker = (free: number) =>
  ({ kind: 'worker', subject: '', payload: { cloud: 'a', state: 'busy', slots: 8, free } }) as const

/** Publishes whenever something is due, until `end`. */
function run(start: OwnRecords, end: number, fraction: () => number = half) {
  let own = start
  const published: MeshRecord[] = []
  for (let now = publicationDueAt(own); now <= end; now = publicationDueAt(own)) {
    const step = nextPublication(own, now, fraction)
    own = step.own
    published.push(...step.publish)
  }
  return { own, published }
}

describe('What a member publishes of itself', () => {
  it('says demand again within a third of its life of 90 seconds, however seldom the rest', () => {
    const payload = { classes: [{ name: 'long', idle: 3 }], running: 1, freeSlots: 0 }
    const own = nextStatement(
      nextStatement(startOwnRecords(fixed.peer, START, DIRECTORY_PACE), service('10.0.0.1'), START),
      { kind: 'demand', subject: 'worker', payload },
      START,
    )
    const { published } = run(own, START + 115_000)
    expect(published.filter(({ kind }) => kind === 'demand').map(({ ttlMs }) => ttlMs)).toEqual(Array(4).fill(90_000))
    expect(published.filter(({ kind }) => kind === 'service')).toHaveLength(1)
  })

  it('goes on when the clock was set back', () => {
    const own = nextStatement(startOwnRecords(fixed.peer, START), service('10.0.0.1'), START)
    const first = nextPublication(own, START, half)
    expect(nextPublication(first.own, START - 120_000, half).publish).toHaveLength(1)
  })

  it('is published at once, and refreshed before two of three refreshes could be missed', () => {
    const own = nextStatement(startOwnRecords(fixed.peer, START), service('10.0.0.1'), START)
    const { published } = run(own, START + 300_000, () => createSeededRandom(1).fraction())
    expect(published[0]).toMatchObject({ issuedAt: START, bootId: START, sequence: 0, ttlMs: 90_000 })
    const waits = published.slice(1).map((record, index) => record.issuedAt - (published[index]?.issuedAt ?? 0))
    for (const wait of waits) {
      expect(wait).toBeGreaterThanOrEqual(24_000)
      expect(wait).toBeLessThanOrEqual(36_000)
    }
    expect(published.map((record) => record.sequence)).toEqual(published.map((_, index) => index))
  })

  it('is refreshed out of step with others', () => {
    const random = createSeededRandom(3)
    const dues = Array.from({ length: 20 }, () => {
      const own = nextStatement(startOwnRecords(fixed.peer, START), service('10.0.0.1'), START)
      return publicationDueAt(nextPublication(own, START, () => random.fraction()).own)
    })
    expect(new Set(dues).size).toBeGreaterThan(15)
  })

  it('is published once when it changes many times within a second, with the last content', () => {
    let own = nextPublication(nextStatement(startOwnRecords(fixed.peer, START), worker(8), START), START, half).own
    for (let free = 7; free >= 0; free--) own = nextStatement(own, worker(free), START + 10 * (8 - free))
    expect(publicationDueAt(own)).toBe(START + 1000)
    const { publish } = nextPublication(own, START + 1000, half)
    expect(publish).toHaveLength(1)
    expect(publish[0]).toMatchObject({ sequence: 1, payload: { free: 0 } })
  })

  it('is not published for being said again', () => {
    const own = nextPublication(nextStatement(startOwnRecords(fixed.peer, START), worker(8), START), START, half).own
    expect(nextStatement(own, worker(8), START + 5000)).toBe(own)
    expect(publicationDueAt(nextStatement(own, worker(7), START + 5000))).toBe(START + 5000)
  })

  it('stops when it is withdrawn, and comes at once when a refresh is asked for', () => {
    const own = run(nextStatement(startOwnRecords(fixed.peer, START), worker(8), START), START).own
    expect(publicationDueAt(nextWithdrawal(own, 'worker', ''))).toBe(Number.POSITIVE_INFINITY)
    expect(nextWithdrawal(own, 'service', 'proxy')).toBe(own)
    expect(publicationDueAt(nextRefresh(own, START + 7))).toBe(START + 7)
  })

  it('is refused when it is out of bounds, before anything is published', () => {
    const own = startOwnRecords(fixed.peer, START)
    expect(() => nextStatement(own, worker(5000), START)).toThrow(expect.objectContaining({ code: 'malformed' }))
  })

  it('is newer than all that was said before a restart, even when the clock was set back', () => {
    expect(nextBootId(START, undefined)).toBe(START)
    expect(nextBootId(START + 5, START)).toBe(START + 5)
    expect(nextBootId(START - 60_000, START)).toBe(START + 1)
    fc.assert(
      fc.property(fc.array(fc.integer({ min: START - 1000, max: START + 1000 }), { minLength: 2 }), (clocks) => {
        let last: number | undefined
        for (const now of clocks) {
          const next = nextBootId(now, last)
          if (last !== undefined) expect(next).toBeGreaterThan(last)
          last = next
        }
      }),
    )
  })

  it('keeps a member present in a store as long as it runs, and not much longer', () => {
    const { published } = run(
      nextStatement(startOwnRecords(fixed.peer, START), service('10.0.0.1'), START),
      START + 600_000,
    )
    const store = createRecordStore()
    for (const record of published) {
      store.expire(record.issuedAt)
      if (record !== published[0]) expect(store.size()).toBe(1)
      expect(store.offer(unsigned(record), DIRECTORY, record.issuedAt).outcome).toBe('accepted')
    }
    expect(store.expire((published.at(-1)?.issuedAt ?? 0) + 90_000)).toHaveLength(1)
  })
})
