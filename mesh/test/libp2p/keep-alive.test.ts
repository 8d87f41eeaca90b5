import { createSeededRandom } from '@muster/runtime/random.ts'
import { createVirtualClock, type VirtualClock } from '@muster/runtime/virtual-clock.ts'
import { describe, expect, test } from 'vitest'
import { createKeepAlive, type KeepAlive } from '../../src/libp2p/keep-alive.ts'

interface Watched {
  readonly keepAlive: KeepAlive
  readonly asked: number[]
  /** Monotonic milliseconds at which the peer was given up. */
  goneAt(): number | undefined
}

/** Both ends of a connection, or one that nobody answers. */
function watch(clock: VirtualClock, seed: number, answer: (number: number) => void): Watched {
  const asked: number[] = []
  let goneAt: number | undefined
  const keepAlive = createKeepAlive({
    clock,
    random: createSeededRandom(seed),
    ping(number) {
      asked.push(clock.monotonic())
      answer(number)
    },
  })
  void keepAlive.run(new AbortController().signal).then(() => {
    goneAt = clock.monotonic()
  })
  return { keepAlive, asked, goneAt: () => goneAt }
}

describe('a silent peer', () => {
  test('is given up within 15 seconds of its last word', async () => {
    for (const silentFrom of [0, 1_000, 14_000, 61_000, 99_999]) {
      const clock = createVirtualClock()
      const one: Watched = watch(clock, 1, (number) => {
        if (clock.monotonic() >= silentFrom) return
        void clock.sleep(20).then(() => {
          one.keepAlive.heard()
          one.keepAlive.ponged(number)
        })
      })
      await clock.advance(silentFrom + 15_100)
      expect(one.goneAt(), `silent from ${silentFrom}`).toBeLessThanOrEqual(silentFrom + 15_020)
    }
  })

  test('that answers is asked by one end at a time, and both ends know the round trip', async () => {
    const clock = createVirtualClock()
    const ends: Watched[] = []
    const cross = (to: number) => (number: number) => {
      void clock.sleep(15).then(async () => {
        ends[to]?.keepAlive.heard()
        await clock.sleep(15)
        ends[1 - to]?.keepAlive.heard()
        ends[1 - to]?.keepAlive.ponged(number)
      })
    }
    ends.push(watch(clock, 1, cross(1)), watch(clock, 2, cross(0)))
    await clock.advance(600_000)
    expect(ends.map((end) => end.goneAt())).toEqual([undefined, undefined])
    expect(ends.map((end) => end.keepAlive.rttMs())).toEqual([30, 30])
    const total = ends.reduce((sum, { asked }) => sum + asked.length, 0)
    expect(total).toBeGreaterThan(50)
    expect(total).toBeLessThan(90)
  })

  test('has more time to answer on a long line, and is given up there within 24 seconds', async () => {
    const silentFrom = 100_000
    const clock = createVirtualClock()
    const one: Watched = watch(clock, 1, (number) => {
      if (clock.monotonic() >= silentFrom) return
      void clock.sleep(5_000).then(() => {
        one.keepAlive.heard()
        one.keepAlive.ponged(number)
      })
    })
    await clock.advance(silentFrom)
    expect(one.goneAt()).toBeUndefined()
    expect(one.keepAlive.rttMs()).toBe(5_000)
    await clock.advance(5_000 + 24_000)
    expect(one.goneAt()).toBeLessThanOrEqual(silentFrom + 5_000 + 24_000)
  })

  test('is measured by an answer that comes too late, while it is heard otherwise', async () => {
    const clock = createVirtualClock()
    let answerMs = 30
    const one: Watched = watch(clock, 1, (number) => {
      void clock.sleep(answerMs).then(() => one.keepAlive.ponged(number))
      void clock.sleep(10).then(() => one.keepAlive.heard())
    })
    await clock.advance(20_000)
    expect(one.keepAlive.rttMs()).toBe(30)
    answerMs = 4_000
    await clock.advance(200_000)
    expect(one.goneAt()).toBeUndefined()
    expect(one.keepAlive.rttMs()).toBeGreaterThan(1_000)
  })
})
