import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { systemClock, timeoutSignal } from '../src/clock.ts'
import { createBoundedQueue } from '../src/queue.ts'
import { createSeededRandom, systemRandom } from '../src/random.ts'
import { repeat } from '../src/repeat.ts'
import { backoffMs, retry } from '../src/retry.ts'
import { createVirtualClock } from '../src/virtual-clock.ts'

const random = createSeededRandom(1)

describe('virtual clock', () => {
  test('wakes sleepers in order of time, then of arrival', async () => {
    const clock = createVirtualClock(0)
    const woken: string[] = []
    for (const [name, ms] of [
      ['b', 20],
      ['a', 10],
      ['c', 20],
    ] as const) {
      void clock.sleep(ms).then(() => woken.push(`${name}@${clock.now()}`))
    }
    await clock.advance(30)
    expect(woken).toEqual(['a@10', 'b@20', 'c@20'])
    expect(clock.now()).toBe(30)
    expect(clock.pending).toBe(0)
  })

  test('an aborted sleep rejects with the reason and leaves nothing behind', async () => {
    const clock = createVirtualClock()
    const stop = new AbortController()
    const sleeping = clock.sleep(10, stop.signal)
    stop.abort('enough')
    await expect(sleeping).rejects.toBe('enough')
    expect(clock.pending).toBe(0)
  })

  test('a jump moves the wall clock and no sleeper', async () => {
    const clock = createVirtualClock(0)
    let isAwake = false
    void clock.sleep(10).then(() => {
      isAwake = true
    })
    clock.jump(3_600_000)
    await clock.advance(9)
    expect(isAwake).toBe(false)
    expect(clock.now()).toBe(3_600_009)
    expect(clock.monotonic()).toBe(9)
  })
})

describe('system clock', () => {
  test('an aborted sleep rejects with the reason of the signal', async () => {
    const stop = new AbortController()
    const sleeping = systemClock.sleep(1e9, stop.signal)
    stop.abort('enough')
    await expect(sleeping).rejects.toBe('enough')
  })

  test('an abort before the sleep is seen too', async () => {
    await expect(systemClock.sleep(1e9, AbortSignal.abort('before'))).rejects.toBe('before')
  })
})

describe('timeoutSignal', () => {
  test('aborts at the deadline with a TimeoutError', async () => {
    const clock = createVirtualClock()
    const deadline = timeoutSignal(clock, 100)
    await clock.advance(99)
    expect(deadline.signal.aborted).toBe(false)
    await clock.advance(1)
    expect(deadline.signal.reason).toMatchObject({ name: 'TimeoutError' })
  })

  test('follows its parent and can be cancelled', async () => {
    const clock = createVirtualClock()
    const parent = new AbortController()
    const followed = timeoutSignal(clock, 100, parent.signal)
    parent.abort('parent')
    expect(followed.signal.reason).toBe('parent')
    const cancelled = timeoutSignal(clock, 100)
    cancelled.cancel()
    await clock.advance(1000)
    expect(cancelled.signal.aborted).toBe(false)
    followed.cancel()
    await clock.advance(0)
    expect(clock.pending).toBe(0)
  })
})

describe('random', () => {
  test('the same seed gives the same numbers', () => {
    const draw = () => {
      const source = createSeededRandom(42)
      return [source.integer(1000), source.fraction(), [...source.bytes(4)]]
    }
    expect(draw()).toEqual(draw())
  })

  test('integers stay below their bound', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 32 }), fc.integer(), (below, seed) => {
        const value = createSeededRandom(seed).integer(below)
        return Number.isInteger(value) && value >= 0 && value < below
      }),
    )
  })

  test('seeded integers are spread evenly', () => {
    const counts = [0, 0, 0, 0, 0, 0]
    const source = createSeededRandom(7)
    for (let n = 0; n < 60_000; n++) {
      const face = source.integer(6)
      counts[face] = (counts[face] ?? 0) + 1
    }
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500)
  })

  test('system randomness gives as many bytes as asked', () => {
    expect(systemRandom.bytes(33)).toHaveLength(33)
    expect(systemRandom.integer(1)).toBe(0)
  })
})

describe('retry', () => {
  const backoff = { baseMs: 100, maxMs: 1000 }

  test('waits longer and longer and returns the first success', async () => {
    const clock = createVirtualClock(0)
    const tries: number[] = []
    const result = retry(
      async (attempt) => {
        tries.push(clock.now())
        if (attempt < 3) throw new Error('not yet')
        return 'done'
      },
      { ...backoff, attempts: 5, clock, random, signal: new AbortController().signal },
    )
    await clock.advance(5000)
    expect(await result).toBe('done')
    const waits = tries.slice(1).map((at, index) => at - (tries[index] ?? 0))
    expect(waits[0]).toBeGreaterThanOrEqual(80)
    expect(waits[1]).toBeGreaterThan(waits[0] ?? 0)
    expect(waits[2]).toBeGreaterThan(waits[1] ?? 0)
  })

  test('gives up after the last try with its error', async () => {
    const clock = createVirtualClock()
    const failing = expect(
      retry((attempt) => Promise.reject(new Error(`try ${attempt}`)), {
        ...backoff,
        attempts: 3,
        clock,
        random,
        signal: new AbortController().signal,
      }),
    ).rejects.toThrow('try 2')
    await clock.advance(5000)
    await failing
  })

  test('does not repeat what cannot be helped', async () => {
    let tries = 0
    await expect(
      retry(
        () => {
          tries++
          return Promise.reject(new Error('no'))
        },
        {
          ...backoff,
          attempts: 9,
          clock: createVirtualClock(),
          random,
          signal: new AbortController().signal,
          isRetryable: () => false,
        },
      ),
    ).rejects.toThrow('no')
    expect(tries).toBe(1)
  })

  test('an abort ends the wait with its reason', async () => {
    const stop = new AbortController()
    const clock = createVirtualClock()
    const failing = expect(
      retry(() => Promise.reject(new Error('no')), {
        ...backoff,
        attempts: Number.POSITIVE_INFINITY,
        clock,
        random,
        signal: stop.signal,
      }),
    ).rejects.toBe('stopped')
    await clock.advance(10)
    stop.abort('stopped')
    await failing
  })

  test('the wait stays within 20 % of the doubled base and never much above the maximum', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000 }), fc.integer(), (attempt, seed) => {
        const wait = backoffMs(attempt, backoff, createSeededRandom(seed))
        const full = Math.min(1000, 100 * 2 ** Math.min(attempt, 52))
        return wait >= Math.floor(full * 0.8) && wait <= Math.ceil(full * 1.2)
      }),
    )
  })
})

describe('repeat', () => {
  test('runs at once and then at the interval, never two at a time, until it is stopped', async () => {
    const clock = createVirtualClock(0)
    const stop = new AbortController()
    const starts: number[] = []
    const running = repeat(
      async () => {
        starts.push(clock.now())
        await clock.sleep(50)
      },
      { everyMs: 100, jitter: 0, clock, random, signal: stop.signal },
    )
    await clock.advance(400)
    stop.abort()
    await running
    expect(starts).toEqual([0, 150, 300])
  })

  test('a failing task ends it', async () => {
    const clock = createVirtualClock()
    await expect(
      repeat(() => Promise.reject(new Error('broken')), {
        everyMs: 1,
        jitter: 0,
        clock,
        random,
        signal: new AbortController().signal,
      }),
    ).rejects.toThrow('broken')
  })
})

describe('bounded queue', () => {
  test('gives items in order and refuses more than its capacity', async () => {
    const queue = createBoundedQueue<number>({ capacity: 2 })
    expect([queue.push(1), queue.push(2), queue.push(3)]).toEqual([true, true, false])
    const { signal } = new AbortController()
    expect([await queue.take(signal), await queue.take(signal), queue.size]).toEqual([1, 2, 0])
  })

  test('a waiting taker gets the next item; an aborted one loses nothing', async () => {
    const queue = createBoundedQueue<string>({ capacity: 1 })
    const stop = new AbortController()
    const abandoned = queue.take(stop.signal)
    const waiting = queue.take(new AbortController().signal)
    stop.abort('gone')
    await expect(abandoned).rejects.toBe('gone')
    queue.push('kept')
    expect(await waiting).toBe('kept')
  })
})
