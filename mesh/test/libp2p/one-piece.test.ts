import { Socket } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { FrameProtocol } from '../../src/network/streams.ts'
import { connect, startPair } from './hosts.ts'

const PROTOCOL: FrameProtocol = { name: '/muster/test/1', maxFrameBytes: 64 * 1024, deadlineMs: 20_000, maxPerPeer: 2 }

test('what is sent at once goes to the system at once, and not its length alone first', async () => {
  const written: number[] = []
  const before = Socket.prototype._write
  const watched = vi.spyOn(Socket.prototype, '_write').mockImplementation(function (this: Socket, chunk, ...rest) {
    if (chunk instanceof Uint8Array) written.push(chunk.length)
    before.call(this, chunk, ...rest)
  })
  onTestFinished(() => watched.mockRestore())
  const [left, right] = await startPair()
  await connect(left, right)
  right.link.streams.serve(PROTOCOL, async (stream) => {
    for (let frame = await stream.receive(); frame !== undefined; frame = await stream.receive()) {
      await stream.send(frame.toReversed())
    }
  })
  const stream = await left.link.streams.open(right.self, PROTOCOL)
  for (const size of [1, 2_000, 60 * 1024]) {
    await stream.send(new Uint8Array(size))
    expect((await stream.receive())?.length).toBe(size)
  }
  await stream.close()
  expect(written).not.toContain(2)
})
