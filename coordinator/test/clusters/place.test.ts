import type { ClusterDefinition } from '@muster/contexts/wire/clusters.ts'
import type { TokenEntry } from '@muster/mesh/admission/join-token.ts'
import { describe, expect, test } from 'vitest'
import { awaitedPlaces, choosePlace, type PlaceFacts } from '../../src/clusters/place.ts'

const DEFINITION: ClusterDefinition = {
  services: [
    { name: 'head', kind: 'singleton', count: 1 },
    { name: 'proxy', kind: 'per-cloud', count: 2 },
    { name: 'worker', kind: 'scalable', max: 3 },
    { name: 'free', kind: 'per-cloud' },
  ],
  clouds: [{ name: 'north' }, { name: 'south', max: 2 }],
}
const LATER = 1000

let tokens = 0
/** Entries of one token: given out, and used when there is a peer. */
function token(service: string, cloud: string, slot: number, generation = 0, peer?: string): readonly TokenEntry[] {
  tokens += 1
  const hash = String(tokens).padStart(64, '0')
  const place = { service, cloud, slot, generation }
  const issued = { hash, cluster: 'c', role: 'fixed' as const, slot: place, expiresAt: LATER }
  const entries: TokenEntry[] = [{ type: 'issued', token: issued }]
  return peer === undefined ? entries : [...entries, { type: 'used', hash, peer, usedAt: 0 }]
}

function facts(entries: readonly (readonly TokenEntry[])[], change: Partial<PlaceFacts> = {}): PlaceFacts {
  return { definition: DEFINITION, entries: entries.flat(), isRevoked: () => false, now: 0, ...change }
}
const code = (run: () => unknown) => {
  try {
    return run()
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error
  }
}

describe('the place of the next machine', () => {
  test('is the lowest that nobody holds or was promised', () => {
    const entries = [token('free', 'north', 0, 0, 'a'), token('free', 'north', 1), token('free', 'north', 3, 0, 'b')]
    expect(choosePlace({ service: 'free', cloud: 'north' }, facts(entries))).toMatchObject({ slot: 2, generation: 0 })
    expect(choosePlace({ service: 'free', cloud: 'south' }, facts(entries))).toMatchObject({ slot: 0, generation: 0 })
  })

  test('is free again when its token has expired, or its holder was revoked, whose successor is fenced from it', () => {
    const wish = { service: 'proxy', cloud: 'north' }
    const open = facts([token('proxy', 'north', 0), token('proxy', 'north', 1)])
    expect(code(() => choosePlace(wish, open))).toBe('no-free-place')
    expect(choosePlace(wish, { ...open, now: LATER })).toMatchObject({ slot: 0, generation: 0 })
    const held = facts([token('proxy', 'north', 0, 4, 'a'), token('proxy', 'north', 1, 0, 'b')])
    expect(code(() => choosePlace(wish, held))).toBe('no-free-place')
    expect(choosePlace(wish, { ...held, isRevoked: (peer) => peer === 'a' })).toMatchObject({ slot: 0, generation: 5 })
  })

  test('that is named is filled anew, once more when that token was lost, also when all are taken', () => {
    const wish = { service: 'head', cloud: 'north', slot: 0 }
    expect(choosePlace(wish, facts([token('head', 'north', 0, 0, 'a')]))).toMatchObject({ generation: 1 })
    const replacing = facts([token('head', 'north', 0, 0, 'a'), token('head', 'north', 0, 1)])
    expect(choosePlace(wish, replacing)).toMatchObject({ generation: 1 })
    expect(code(() => choosePlace({ ...wish, slot: 1 }, replacing))).toBe('no-such-place')
  })

  test('counts a singleton and workers over all clouds, and never goes beyond what a cloud may have', () => {
    const head = facts([token('head', 'north', 0, 0, 'a')])
    expect(code(() => choosePlace({ service: 'head', cloud: 'south' }, head))).toBe('no-free-place')
    const workers = facts([0, 1, 2].map((slot) => token('worker', 'north', slot, 0, `w${slot}`)))
    expect(code(() => choosePlace({ service: 'worker', cloud: 'south' }, workers))).toBe('no-free-place')
    const full = facts([token('free', 'south', 0, 0, 'a'), token('proxy', 'south', 0, 0, 'b')])
    expect(code(() => choosePlace({ service: 'free', cloud: 'south' }, full))).toBe('no-free-place')
    expect(choosePlace({ service: 'free', cloud: 'south', slot: 0 }, full)).toMatchObject({ generation: 1 })
  })

  test('is in the definition', () => {
    expect(code(() => choosePlace({ service: 'none', cloud: 'north' }, facts([])))).toBe('no-such-place')
    expect(code(() => choosePlace({ service: 'free', cloud: 'none' }, facts([])))).toBe('no-such-place')
  })

  test('is awaited until its machine has joined or its token has expired', () => {
    const entries = [token('free', 'north', 0, 0, 'a'), token('free', 'north', 1)].flat()
    expect(awaitedPlaces(entries, 0)).toEqual([
      { service: 'free', cloud: 'north', slot: 1, generation: 0, expiresAt: LATER },
    ])
    expect(awaitedPlaces(entries, LATER)).toEqual([])
  })
})
