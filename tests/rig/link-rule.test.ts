import { createSeededRandom } from '@muster/runtime/random.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createHeldFrames } from './held-frames.ts'
import { delaysOf, type LinkRule, netemOptions } from './link-rule.ts'

const STEADY: LinkRule = { delayMs: 100, jitterMs: 0, lossShare: 0, duplicateShare: 0, reorderShare: 0 }
const FRAMES = 10_000

const share = fc.double({ min: 0, max: 1, noNaN: true })
const rules: fc.Arbitrary<LinkRule> = fc
  .record({
    delayMs: fc.integer({ min: 0, max: 1_000 }),
    jitter: share,
    lossShare: share,
    duplicateShare: share,
    reorderShare: share,
  })
  .map(({ jitter, ...rule }) => ({ ...rule, jitterMs: rule.delayMs * jitter }))

/** Delays of many frames, one entry for each frame. */
function manyDelays(rule: LinkRule, seed = 1): readonly (readonly number[])[] {
  const random = createSeededRandom(seed)
  return Array.from({ length: FRAMES }, () => delaysOf(rule, random))
}

const shareOf = <T>(all: readonly T[], is: (one: T) => boolean) => all.filter(is).length / all.length

describe('the rule of a link', () => {
  test('delays each copy within the jitter or not at all, and makes two copies at most', () => {
    fc.assert(
      fc.property(rules, fc.integer(), (rule, seed) => {
        const delays = delaysOf(rule, createSeededRandom(seed))
        expect(delays.length).toBeLessThanOrEqual(2)
        for (const delay of delays) {
          const isWithin = Math.abs(delay - rule.delayMs) <= rule.jitterMs + 1e-9
          expect(isWithin || (delay === 0 && rule.reorderShare > 0)).toBe(true)
        }
      }),
    )
  })

  test('does the same for the same seed', () => {
    const rule = { delayMs: 150, jitterMs: 50, lossShare: 0.1, duplicateShare: 0.1, reorderShare: 0.1 }
    expect(manyDelays(rule, 7)).toEqual(manyDelays(rule, 7))
    expect(manyDelays(rule, 7)).not.toEqual(manyDelays(rule, 8))
  })

  test('loses, doubles and hurries the shares that it names', () => {
    expect(shareOf(manyDelays({ ...STEADY, lossShare: 0.03 }), (copies) => copies.length === 0)).toBeCloseTo(0.03, 2)
    expect(shareOf(manyDelays({ ...STEADY, duplicateShare: 0.2 }), (copies) => copies.length === 2)).toBeCloseTo(0.2, 1)
    expect(shareOf(manyDelays({ ...STEADY, reorderShare: 0.3 }), ([delay]) => delay === 0)).toBeCloseTo(0.3, 1)
  })

  test('does nothing that it does not name', () => {
    expect(manyDelays(STEADY).every((copies) => copies.length === 1 && copies[0] === 100)).toBe(true)
  })

  test('has words for netem', () => {
    const rule = { delayMs: 150, jitterMs: 50, lossShare: 0.03, duplicateShare: 0.02, reorderShare: 0.05 }
    expect(netemOptions(rule)).toBe('delay 150ms 50ms loss 3% duplicate 2% reorder 5%')
    expect(netemOptions(STEADY)).toBe('delay 100ms 0ms')
  })
})

describe('frames that are held', () => {
  test('come out when they are due, in the order of their times, equal ones in the order of their coming', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 50 })), fc.integer({ min: 0, max: 50 }), (times, now) => {
        const held = createHeldFrames<number>({ capacity: times.length + 1 })
        for (const [index, at] of times.entries()) held.hold(index, at)
        const numbers = times.map((at, index) => ({ at, index })).sort((one, other) => one.at - other.at)
        const due = numbers.filter(({ at }) => at <= now).map(({ index }) => index)
        expect(held.takeDue(now)).toEqual(due)
        expect(held.nextAt()).toBe(numbers[due.length]?.at)
        expect(held.takeDue(now)).toEqual([])
      }),
    )
  })

  test('are no more than there is room for', () => {
    const held = createHeldFrames<string>({ capacity: 2 })
    expect([held.hold('one', 5), held.hold('two', 1), held.hold('three', 0)]).toEqual([true, true, false])
    expect(held.takeDue(10)).toEqual(['two', 'one'])
    expect(held.hold('four', 11)).toBe(true)
  })
})
