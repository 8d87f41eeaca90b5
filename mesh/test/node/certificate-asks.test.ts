import { createVirtualClock } from '@muster/runtime/virtual-clock.ts'
import { expect, test } from 'vitest'
import { createCertificateAsks } from '../../src/node/certificate-asks.ts'

function open(isAnswered = true) {
  const clock = createVirtualClock()
  const asked: string[] = []
  const asks = createCertificateAsks(clock, async (from, owners) => {
    asked.push(`${from}: ${owners.join(' ')}`)
    return isAnswered
  })
  return { clock, asked, asks }
}

test('records of one moment make one question for each neighbor', async () => {
  const { clock, asked, asks } = open()
  const answers = Promise.all([asks.ask('n', 'a'), asks.ask('n', 'b'), asks.ask('n', 'a'), asks.ask('m', 'a')])
  await clock.advance(100)
  expect(await answers).toEqual([true, true, true, true])
  expect(asked).toEqual(['n: a b', 'm: a'])
})

test('who does not answer is asked again for the next record', async () => {
  const { clock, asked, asks } = open(false)
  for (const owner of ['a', 'a']) {
    const answer = asks.ask('n', owner)
    await clock.advance(100)
    expect(await answer).toBe(false)
  }
  expect(asked).toHaveLength(2)
})

test('a neighbor that passes on records of nobody has bounded questions asked', async () => {
  const { clock, asked, asks } = open()
  const answers = Promise.all(Array.from({ length: 1_000 }, (_, index) => asks.ask('n', `owner-${index}`)))
  await clock.advance(100)
  expect((await answers).filter(Boolean)).toHaveLength(128)
  expect(asked).toHaveLength(1)
})
