import { createSeededRandom } from '@muster/runtime/random.ts'
import { createVirtualClock } from '@muster/runtime/virtual-clock.ts'
import { afterEach, describe, expect, test } from 'vitest'
import { askOnAndOn } from '../../src/libp2p/segment-search.ts'

const HOUR_MS = 3_600_000

let ending = new AbortController()
afterEach(() => ending.abort())

/** Members of one segment; each question is answered by all others, and all hear the answers. */
function segmentOf(count: number) {
  const clock = createVirtualClock(0)
  ending = new AbortController()
  let questions = 0
  let answeredAt: number | undefined
  const ask = async () => {
    questions += 1
    if (count > 1) answeredAt = clock.monotonic()
  }
  for (let member = 0; member < count; member++) {
    const parts = {
      clock,
      random: createSeededRandom(member + 1),
      answeredAt: () => answeredAt,
      members: () => count - 1,
      ask,
    }
    void askOnAndOn(parts, ending.signal)
  }
  return { clock, questions: () => questions }
}

describe('the search of a network segment', () => {
  test('asks again and again while nobody answers', async () => {
    const { clock, questions } = segmentOf(1)
    await clock.advance(HOUR_MS)
    expect(questions()).toBeGreaterThan(HOUR_MS / 40_000 - 2)
    expect(questions()).toBeLessThan(HOUR_MS / 20_000 + 2)
  })

  test.each([2, 30, 500])(
    'asks for all of %i members at once, and the more they are the less: each question brings an answer from each to each',
    async (count) => {
      const { clock, questions } = segmentOf(count)
      const hours = 24
      await clock.advance(hours * HOUR_MS)
      const answersPerHour = (questions() * (count - 1)) / hours
      expect(questions()).toBeGreaterThan(5)
      expect(answersPerHour).toBeLessThanOrEqual(count < 100 ? 50 : 250)
    },
  )

  test('ends with its signal', async () => {
    const { clock, questions } = segmentOf(2)
    ending.abort()
    await clock.advance(HOUR_MS)
    expect(questions()).toBe(0)
  })
})
