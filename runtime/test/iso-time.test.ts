import { isoTime } from '@muster/runtime/iso-time.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'

test('a time is written as Date writes it', () => {
  expect(isoTime(0)).toBe('1970-01-01T00:00:00.000Z')
  const times = fc.date({
    min: new Date('0000-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59.999Z'),
    noInvalidDate: true,
  })
  fc.assert(fc.property(times, (time) => isoTime(time.getTime()) === time.toISOString()))
})
