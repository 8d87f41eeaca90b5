import { createVirtualClock } from '@muster/runtime/virtual-clock.ts'
import { describe, expect, test } from 'vitest'
import { createMemoryStreams } from '../../src/network/memory-streams.ts'
import type { FrameProtocol, FrameStream } from '../../src/network/streams.ts'

const ECHO: FrameProtocol = { name: '/test/echo/1', maxFrameBytes: 64, deadlineMs: 10_000, maxPerPeer: 2 }
const frame = (text: string) => new TextEncoder().encode(text)

async function echo(stream: FrameStream): Promise<void> {
  for (let got = await stream.receive(); got !== undefined; got = await stream.receive()) await stream.send(got)
}

function twoNodes(answer: (stream: FrameStream) => Promise<void> = echo) {
  const clock = createVirtualClock()
  const network = createMemoryStreams(clock)
  const here = network.start('here')
  network.start('there').serve(ECHO, answer)
  return { clock, network, here }
}

describe('streams inside one process', () => {
  test('carry frames both ways, in order, until one side closes', async () => {
    const { here, network } = twoNodes()
    const stream = await here.open('there', ECHO)
    for (const text of ['one', 'two']) await stream.send(frame(text))
    await stream.close()
    const received = [await stream.receive(), await stream.receive(), await stream.receive()]
    expect(received).toEqual([frame('one'), frame('two'), undefined])
    expect(network.open()).toBe(0)
  })

  test('let the sender wait while the other side does not read', async () => {
    const reading = Promise.withResolvers<void>()
    const { here } = twoNodes(async (stream) => {
      await reading.promise
      await echo(stream)
    })
    const stream = await here.open('there', ECHO)
    let sent = 0
    const sending = (async () => {
      for (; sent < 10; sent++) await stream.send(frame(String(sent)))
      await stream.close()
    })()
    await Promise.resolve()
    expect(sent).toBeLessThan(10)
    reading.resolve()
    for (let count = 0; count < 10; count++) expect(await stream.receive()).toEqual(frame(String(count)))
    await sending
  })

  test('end with their deadline', async () => {
    const { here, clock, network } = twoNodes()
    const stream = await here.open('there', ECHO)
    const received = expect(stream.receive()).rejects.toMatchObject({ code: 'unreachable' })
    await clock.advance(ECHO.deadlineMs)
    await received
    expect(network.open()).toBe(0)
    expect(clock.pending).toBe(0)
  })

  test('break with their link, and come about again when it is mended', async () => {
    const { here, network } = twoNodes()
    const stream = await here.open('there', ECHO)
    const received = expect(stream.receive()).rejects.toMatchObject({ code: 'unreachable' })
    network.cut('here', 'there')
    await received
    await expect(here.open('there', ECHO)).rejects.toMatchObject({ code: 'unreachable' })
    network.mend('there', 'here')
    await expect(here.open('there', ECHO)).resolves.toBeDefined()
  })

  test('reset a conversation that fails at the other side, and one above the limit of a peer', async () => {
    const { here } = twoNodes(async (stream) => {
      await stream.receive()
      throw new Error('cannot')
    })
    const [first, , third] = [
      await here.open('there', ECHO),
      await here.open('there', ECHO),
      await here.open('there', ECHO),
    ]
    await expect(third.receive()).rejects.toMatchObject({ code: 'unreachable' })
    await first.send(frame('x'))
    await expect(first.receive()).rejects.toMatchObject({ code: 'unreachable' })
  })

  test('refuse frames above the limit and protocols that nobody serves', async () => {
    const { here } = twoNodes()
    const stream = await here.open('there', ECHO)
    await expect(stream.send(new Uint8Array(65))).rejects.toMatchObject({ code: 'too-large' })
    await expect(here.open('there', { ...ECHO, name: '/test/none/1' })).rejects.toMatchObject({ code: 'unreachable' })
  })

  test('are closed to strangers, except for protocols that are open to them', async () => {
    const network = createMemoryStreams(createVirtualClock())
    const here = network.start('here')
    const there = network.start('there', { isAdmitted: () => false })
    const open = { ...ECHO, name: '/test/open/1', isOpenToStrangers: true }
    for (const protocol of [ECHO, open]) there.serve(protocol, echo)
    await expect(here.open('there', ECHO)).rejects.toMatchObject({ code: 'refused' })
    await expect(here.open('there', open)).resolves.toBeDefined()
  })
})
