import { ContextId } from '@muster/contexts/wire/contexts.ts'
import { createSeededRandom } from '@muster/runtime/random.ts'
import { createVirtualClock } from '@muster/runtime/virtual-clock.ts'
import { Compile } from 'typebox/compile'
import { expect, test } from 'vitest'
import { createIds } from '../src/ids.ts'

test('identifiers fit the wire and sort in the order in which they were made, whatever the clock does', async () => {
  const clock = createVirtualClock(Date.UTC(2026, 10, 22))
  const ids = createIds({ clock, random: createSeededRandom(5) })
  const made: string[] = []
  for (let index = 0; index < 300; index += 1) {
    made.push(ids('ctx'))
    if (index % 50 === 0) await clock.advance(1)
    if (index === 120) clock.jump(-60_000)
  }
  expect([...made].sort()).toEqual(made)
  expect(new Set(made).size).toBe(300)
  const validator = Compile(ContextId)
  expect(made.filter((id) => !validator.Check(id))).toEqual([])
})

test('the last digit carries over', () => {
  const clock = createVirtualClock(0)
  const ids = createIds({
    clock,
    random: { bytes: (length) => new Uint8Array(length).fill(31), integer: () => 0, fraction: () => 0 },
  })
  expect(ids('acc')).toBe(`acc_${'0'.repeat(10)}${'z'.repeat(16)}`)
  expect(ids('acc')).toBe(`acc_${'0'.repeat(26)}`)
})
