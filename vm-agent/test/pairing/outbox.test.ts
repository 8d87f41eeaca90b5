import { ApiError } from '@muster/contexts/api/api-error.ts'
import { createSeededRandom } from '@muster/runtime/random.ts'
import { createVirtualClock } from '@muster/runtime/virtual-clock.ts'
import { createOutbox } from '@muster/vm-agent/pairing/outbox.ts'
import { createPace } from '@muster/vm-agent/pairing/pace.ts'
import { createTaskGroup } from '@muster/vm-agent/pairing/task-group.ts'
import { expect, test } from 'vitest'

const away = () => new ApiError('unreachable', 'no', { kind: 'refused' })
const ended = () => new ApiError('claim-ended', 'no', { status: 409 })

/** An outbox whose posts fail as told, in turn. */
function createTestOutbox(failures: (Error | undefined)[]) {
  const clock = createVirtualClock()
  const posted: string[] = []
  const lost: string[] = []
  const stop = new AbortController()
  const outbox = createOutbox({
    clock,
    random: createSeededRandom(1),
    async post({ body }) {
      const failure = failures.shift()
      if (failure !== undefined) throw failure
      posted.push(body)
    },
    onLost: (claimId) => lost.push(claimId),
  })
  const run = outbox.run(stop.signal)
  const end = async () => {
    stop.abort()
    await run
  }
  return { clock, posted, lost, outbox, end }
}

test('messages keep their order while the coordinator is away for a moment', async () => {
  const { clock, posted, lost, outbox, end } = createTestOutbox([away(), away(), undefined, away()])
  for (const body of ['one', 'two', 'three']) outbox.put({ claimId: 'clm_1', body })
  await clock.advance(10_000)
  await outbox.flushed()
  expect(posted).toEqual(['one', 'two', 'three'])
  expect(lost).toEqual([])
  await end()
})

test('a message that cannot be posted loses its claim with all that follows, but no other claim', async () => {
  const { clock, posted, lost, outbox, end } = createTestOutbox([ended()])
  for (const body of ['one', 'two']) outbox.put({ claimId: 'clm_1', body })
  outbox.put({ claimId: 'clm_2', body: 'three' })
  await clock.advance(1_000)
  await outbox.flushed()
  expect(posted).toEqual(['three'])
  expect(lost).toEqual(['clm_1'])
  await end()
})

test('a coordinator that stays away loses the claim after some tries', async () => {
  const { clock, lost, outbox, end } = createTestOutbox(Array.from({ length: 100 }, away))
  outbox.put({ claimId: 'clm_1', body: 'one' })
  await clock.advance(60_000)
  expect(lost).toEqual(['clm_1'])
  await end()
})

test('an outbox that nobody empties is full at last', async () => {
  const { outbox, end } = createTestOutbox([])
  await end()
  let taken = 0
  while (outbox.put({ claimId: 'clm_1', body: 'x' })) taken += 1
  expect(taken).toBe(200)
})

test('a pace lets a burst pass and then one for each refill', async () => {
  const clock = createVirtualClock()
  const pace = createPace(clock, { burst: 3, refillMs: 1000 })
  const { signal } = new AbortController()
  const passed: number[] = []
  const walk = (async () => {
    for (let step = 0; step < 6; step++) {
      await pace(signal)
      passed.push(clock.monotonic())
    }
  })()
  await clock.advance(10_000)
  await walk
  expect(passed).toEqual([0, 0, 0, 1000, 2000, 3000])
})

test('a task that fails is told, one that ends because it is stopped is not', async () => {
  const stop = new AbortController()
  const tasks = createTaskGroup(stop.signal)
  tasks.start(async () => {
    throw new RangeError('bug')
  })
  await expect(tasks.failure).rejects.toThrow('bug')
  const quiet = createTaskGroup(stop.signal)
  quiet.start((signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))))
  stop.abort(new Error('enough'))
  await quiet.settled()
  await expect(Promise.race([quiet.failure, Promise.resolve('quiet')])).resolves.toBe('quiet')
})
