import type { ServerResponse } from 'node:http'
import { describe, expect, test } from 'vitest'
import { createApiClient } from '../../src/api/client.ts'
import { RECONNECT_BASE_MS, RECONNECT_MAX_MS, readEvents, type StreamItem } from '../../src/api/events.ts'
import { type SeenRequest, sendJson, startServer } from './http-server.ts'

function eventText(sequence: number, data: Record<string, unknown> = {}): string {
  const event = {
    sequence,
    at: '2026-11-22T10:00:00Z',
    type: 'machine-status',
    subject: 'mch_1',
    actor: 'mch_1',
    data,
  }
  return `id: ${sequence}\nevent: machine-status\ndata: ${JSON.stringify(event)}\n\n`
}

/** A clock that passes as it is asked to, and remembers. */
function impatientClock() {
  const sleeps: number[] = []
  let now = 0
  return {
    sleeps,
    monotonic: () => now,
    async sleep(ms: number, signal?: AbortSignal) {
      signal?.throwIfAborted()
      sleeps.push(ms)
      now += ms
    },
  }
}

async function readSome(
  answer: (request: SeenRequest, response: ServerResponse, attempt: number) => void,
  count: number,
  after?: number,
) {
  let attempt = 0
  await using server = await startServer((request, response) => answer(request, response, ++attempt))
  const clock = impatientClock()
  const items: StreamItem[] = []
  const options = { clock, ...(after === undefined ? {} : { after }) }
  for await (const item of readEvents(createApiClient(server.options()).requester, options)) {
    if (items.push(item) === count) break
  }
  const resumed = server.seen.map(({ headers }) => headers['last-event-id'])
  return { items, resumed, sleeps: clock.sleeps }
}

const sequences = (items: readonly StreamItem[]) =>
  items.map((item) => (item.type === 'event' ? item.event.sequence : item.type))

describe('the event stream', () => {
  test('gives events in order, however their bytes are cut', async () => {
    const text = `: hello\n\n${eventText(1, { name: 'ünïcode' })}${eventText(2)}`
    const { items, resumed } = await readSome((_, response) => {
      const bytes = Buffer.from(text)
      for (let at = 0; at < bytes.length; at += 7) response.write(bytes.subarray(at, at + 7))
    }, 2)
    expect(sequences(items)).toEqual([1, 2])
    expect(items[0]).toMatchObject({ event: { data: { name: 'ünïcode' } } })
    expect(resumed).toEqual([undefined])
  })

  test('goes on after the last event seen when the connection breaks, waiting longer after each failure', async () => {
    const { items, resumed, sleeps } = await readSome((_, response, attempt) => {
      if (attempt === 1) response.end(eventText(5))
      else if (attempt === 2) response.destroy()
      else if (attempt === 3) response.writeHead(503).end()
      else response.write(eventText(6))
    }, 2)
    expect(sequences(items)).toEqual([5, 6])
    expect(resumed).toEqual([undefined, '5', '5', '5'])
    expect(sleeps).toEqual([RECONNECT_BASE_MS, 2 * RECONNECT_BASE_MS, 4 * RECONNECT_BASE_MS])
    expect(Math.max(...sleeps)).toBeLessThanOrEqual(RECONNECT_MAX_MS)
  })

  test('begins after a given event', async () => {
    const { resumed } = await readSome((_, response) => response.write(eventText(8)), 1, 7)
    expect(resumed).toEqual(['7'])
  })

  test('says when events were missed, and leaves out what it does not know', async () => {
    const unknown = `event: new-thing\ndata: {"sequence":3,"type":"new-thing"}\n\ndata: no json\n\n`
    const { items } = await readSome((_, response) => {
      response.write(`event: resync\ndata: {"sequence": 3}\n\n${unknown}${eventText(4)}`)
    }, 2)
    expect(sequences(items)).toEqual(['resync', 4])
  })

  test('ends with the refusal when nobody is signed in', async () => {
    const problem = { type: 't', title: 't', status: 401, detail: 'd', code: 'not-signed-in', requestId: 'r' }
    const refused = readSome((_, response) => sendJson(response, 401, problem), 1)
    await expect(refused).rejects.toThrowError(expect.objectContaining({ code: 'not-signed-in' }))
  })

  test('ends with an event above the limit', async () => {
    const endless = readSome((_, response) => {
      response.write(`data: ${'x'.repeat(1_100_000)}`)
    }, 1)
    await expect(endless).rejects.toThrowError(expect.objectContaining({ code: 'too-large' }))
  })

  test('ends when it is no longer wanted', async () => {
    const enough = new AbortController()
    await using server = await startServer((_, response) => void response.write(eventText(1)))
    const options = { clock: impatientClock(), signal: enough.signal }
    const reading = (async () => {
      for await (const _ of readEvents(createApiClient(server.options()).requester, options)) {
        enough.abort(new Error('enough'))
      }
    })()
    await expect(reading).rejects.toThrow('enough')
  })
})
