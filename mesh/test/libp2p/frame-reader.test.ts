import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createFrameReader, prefixed } from '../../src/libp2p/frame-reader.ts'

test('frames come out as they went in, however the bytes are cut', () => {
  const frames = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 8 })
  fc.assert(
    fc.property(frames, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (sent, cuts) => {
      const bytes = Uint8Array.from(sent.flatMap((frame) => [...prefixed(frame)]))
      const reader = createFrameReader(() => 50)
      const received: Uint8Array[] = []
      for (let at = 0, turn = 0; at < bytes.length; turn++) {
        const end = at + (cuts[turn % cuts.length] ?? 1)
        reader.push(bytes.subarray(at, end))
        at = end
        for (let frame = reader.take(); frame !== undefined; frame = reader.take()) received.push(frame)
      }
      expect(received).toEqual(sent)
      expect(reader.isEmpty()).toBe(true)
    }),
  )
})

test('a frame that is announced too large is refused before any of it is there', () => {
  const reader = createFrameReader(() => 100)
  reader.push(Uint8Array.of(0, 0, 0, 101))
  expect(() => reader.take()).toThrow('A frame of 101 bytes')
})
