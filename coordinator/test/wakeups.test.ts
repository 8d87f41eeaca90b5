import { expect, test } from 'vitest'
import { createWakeups } from '../src/wakeups.ts'

test('a notice between two waits is not missed, and one of another topic is not heard', async () => {
  const wakeups = createWakeups()
  const subscription = wakeups.subscribe('a')
  const never = new AbortController()
  wakeups.notify('a')
  await subscription.wait(never.signal)
  let isWoken = false
  const waiting = subscription.wait(never.signal).then(() => {
    isWoken = true
  })
  wakeups.notify('b')
  await new Promise((resolve) => setImmediate(resolve))
  expect(isWoken).toBe(false)
  wakeups.notify('a')
  await waiting
  expect(isWoken).toBe(true)
})

test('a wait ends with its signal, and a closed subscription leaves nothing behind', async () => {
  const wakeups = createWakeups()
  const subscription = wakeups.subscribe('a')
  const stop = new AbortController()
  const waiting = subscription.wait(stop.signal)
  stop.abort()
  await waiting
  expect(wakeups.size).toBe(1)
  subscription.close()
  subscription.close()
  expect(wakeups.size).toBe(0)
})
