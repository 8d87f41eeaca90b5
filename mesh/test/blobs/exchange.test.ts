import { blobIdOf } from '@muster/mesh/blobs/blob-id.ts'
import type { BlobProgress } from '@muster/mesh/blobs/exchange.ts'
import {
  BLOB_PROTOCOL,
  type BlobRequest,
  CHUNK_BYTES,
  decodeBlobAnswer,
  decodeBlobRequest,
  encodeBlobAnswer,
  encodeBlobRequest,
} from '@muster/mesh/blobs/messages.ts'
import { createSeededRandom } from '@muster/runtime/random.ts'
import { createVirtualClock } from '@muster/runtime/virtual-clock.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type BlobNode, createClouds, type Misbehavior } from './blob-cloud.ts'

const CONTENT = createSeededRandom(7).bytes(5 * CHUNK_BYTES + 99)
const ID = blobIdOf(CONTENT)

/** A coordinator, an agent and members; those with a misbehavior by their place: 1 is the agent, 2 the first member. */
function oneCloud(members: number, misbehaviors: Readonly<Record<number, Misbehavior>> = {}, hasAgent = true) {
  const clock = createVirtualClock()
  const clouds = createClouds({
    clock,
    seed: 5,
    clouds: [{ name: 'north', members, hasAgent }],
    misbehaving: (_peer, index) => misbehaviors[index],
  })
  const node = (index: number): BlobNode => {
    const found = clouds.nodes[index - 1]
    if (found === undefined) throw new Error(`no node ${index}`)
    return found
  }
  return { clock, clouds, node }
}

type Cloud = ReturnType<typeof oneCloud>

/** Moves time until the fetch has ended. @returns the bytes, or the code of the error */
async function fetched(
  cloud: Cloud,
  node: BlobNode,
  options?: { readonly onProgress?: (progress: BlobProgress) => void },
) {
  let result: Uint8Array | string | undefined
  void node.exchange
    .fetch(ID, options)
    .then(async (reader) => {
      result = await reader.bytes()
      await reader.close()
    })
    .catch((error: { readonly code?: string }) => {
      result = error.code ?? String(error)
    })
  for (let turn = 0; turn < 400 && result === undefined; turn++) await cloud.clock.advance(1_000)
  return result
}

/** Serves the right content, up to so many bytes of the whole; then breaks off, or is silent. */
function partly(upTo: number, ending: 'reset' | 'silence', seen?: BlobRequest[]): Misbehavior {
  return async (stream) => {
    const request = decodeBlobRequest((await stream.receive()) ?? new Uint8Array())
    seen?.push(request)
    await stream.send(encodeBlobAnswer({ type: 'found', size: CONTENT.length }))
    if (request.type === 'have') return
    for (let at = request.offset; at < Math.min(upTo, CONTENT.length); at += CHUNK_BYTES) {
      await stream.send(CONTENT.slice(at, at + CHUNK_BYTES))
    }
    if (ending === 'silence') await new Promise(() => undefined)
    // What was sent arrives before the end.
    await stream.close()
    await stream.receive()
  }
}

test('what is in the own store is not asked for', async () => {
  const cloud = oneCloud(1)
  await cloud.node(2).store.put(CONTENT)
  expect(await fetched(cloud, cloud.node(2))).toEqual(CONTENT)
  expect(cloud.node(2).exchange.counts()).toMatchObject({ blobsFetched: 0 })
})

test('a member of the cloud is asked before the agent, and the coordinator not at all', async () => {
  const cloud = oneCloud(2)
  await cloud.clouds.coordinator.store.put(CONTENT)
  await cloud.node(1).store.put(CONTENT)
  await cloud.node(2).store.put(CONTENT)
  expect(await fetched(cloud, cloud.node(3))).toEqual(CONTENT)
  expect(cloud.node(2).exchange.servings()).toEqual([
    { peer: cloud.node(3).peer, cloud: 'north', id: ID, bytes: CONTENT.length },
  ])
  expect(cloud.node(1).exchange.counts()).toMatchObject({ blobsServed: 0 })
  expect(cloud.clouds.coordinator.exchange.counts()).toMatchObject({ blobsServed: 0, blobBytesServed: 0 })
})

test('what nobody of the cloud has comes through its agent, which keeps it', async () => {
  const cloud = oneCloud(2)
  await cloud.clouds.coordinator.store.put(CONTENT)
  expect(await fetched(cloud, cloud.node(3))).toEqual(CONTENT)
  expect(cloud.node(1).store.has(ID)).toBe(true)
  expect(cloud.clouds.coordinator.exchange.servings().map(({ peer }) => peer)).toEqual([cloud.node(1).peer])
})

test('any number of callers share one fetch; who gives up leaves the others alone, and the last one ends it', async () => {
  const cloud = oneCloud(1, { 1: partly(2 * CHUNK_BYTES, 'silence') })
  const node = cloud.node(2)
  const first = new AbortController()
  const second = new AbortController()
  const left = node.exchange.fetch(ID, { signal: first.signal }).catch((error: unknown) => error)
  const stayed = node.exchange.fetch(ID, { signal: second.signal }).catch((error: unknown) => error)
  await cloud.clock.advance(100)
  expect(node.exchange.counts().fetchingNow).toBe(1)
  first.abort(new Error('enough'))
  expect(await left).toMatchObject({ message: 'enough' })
  expect(node.exchange.counts().fetchingNow).toBe(1)
  second.abort(new Error('me too'))
  expect(await stayed).toMatchObject({ message: 'me too' })
  expect(node.exchange.counts().fetchingNow).toBe(0)
  await cloud.clock.advance(0)
  expect(cloud.clouds.network.open()).toBe(0)
  expect(node.store.usage().bytes).toBe(0)
})

test('a transfer that breaks off goes on at another peer where it ended, and progress says so', async () => {
  const seen: BlobRequest[] = []
  const cloud = oneCloud(2, { 1: partly(3 * CHUNK_BYTES, 'reset'), 2: partly(2 * CHUNK_BYTES, 'reset', seen) })
  await cloud.clouds.coordinator.store.put(CONTENT)
  const progress: BlobProgress[] = []
  expect(await fetched(cloud, cloud.node(3), { onProgress: (one) => progress.push(one) })).toEqual(CONTENT)
  const bytes = progress.map((one) => one.bytes)
  expect(bytes).toEqual(bytes.toSorted((left, right) => left - right))
  expect(bytes.at(-1)).toBe(CONTENT.length)
  const served = cloud.clouds.coordinator.exchange.servings()
  expect(served.map((one) => one.bytes)).toEqual([CONTENT.length - 3 * CHUNK_BYTES])
})

test('a peer that stalls is left after a while', async () => {
  const cloud = oneCloud(1, { 1: partly(CHUNK_BYTES, 'silence') })
  await cloud.clouds.coordinator.store.put(CONTENT)
  expect(await fetched(cloud, cloud.node(2))).toEqual(CONTENT)
})

test('a liar is found out also when its bytes are mixed with those of others, counted and not asked again', async () => {
  const noise: Misbehavior = async (stream) => {
    const request = decodeBlobRequest((await stream.receive()) ?? new Uint8Array())
    await stream.send(encodeBlobAnswer({ type: 'found', size: CONTENT.length }))
    const offset = request.type === 'get' ? request.offset : CONTENT.length
    for (let at = offset; at < CONTENT.length; at += CHUNK_BYTES) {
      await stream.send(new Uint8Array(Math.min(CHUNK_BYTES, CONTENT.length - at)))
    }
    await stream.receive()
  }
  const cloud = oneCloud(2, { 1: noise, 2: partly(2 * CHUNK_BYTES, 'reset') })
  await cloud.clouds.coordinator.store.put(CONTENT)
  const node = cloud.node(3)
  expect(await fetched(cloud, node)).toEqual(CONTENT)
  expect(node.exchange.counts().wrongContent).toBe(1)
})

test('a blob that the coordinator does not have is not found', async () => {
  const cloud = oneCloud(3)
  expect(await fetched(cloud, cloud.node(2))).toBe('not-found')
})

test('with nobody to ask it is unreachable, after a while', async () => {
  const cloud = oneCloud(1)
  await cloud.clouds.kill(cloud.clouds.coordinator.peer, false)
  await cloud.clouds.kill(cloud.node(1).peer, false)
  expect(await fetched(cloud, cloud.node(2))).toBe('unreachable')
})

test('what comes up later is found by who waits', async () => {
  const cloud = oneCloud(1)
  await cloud.clouds.kill(cloud.clouds.coordinator.peer, false)
  const result = fetched(cloud, cloud.node(2))
  await cloud.node(1).store.put(CONTENT)
  expect(await result).toEqual(CONTENT)
})

test('a name that is none is refused at once, and a stopped exchange takes no more', async () => {
  const { clouds, node } = oneCloud(1)
  await expect(node(2).exchange.fetch('../etc/passwd')).rejects.toMatchObject({ code: 'malformed' })
  await node(2).exchange.stop()
  await expect(node(2).exchange.fetch(ID)).rejects.toMatchObject({ name: 'AbortError' })
  expect(clouds.network.open()).toBe(0)
})

test('more than a node can serve at once are put off with a time, not refused', async () => {
  const { clock, clouds, node } = oneCloud(20)
  await node(1).store.put(CONTENT)
  const answers = await Promise.all(
    Array.from({ length: 20 }, async (_, place) => {
      const stream = await clouds.streamsOf(node(place + 2).peer).open(node(1).peer, BLOB_PROTOCOL)
      await stream.send(encodeBlobRequest({ type: 'get', id: ID, offset: 0, isDuty: false, tried: [] }))
      return decodeBlobAnswer((await stream.receive()) ?? new Uint8Array())
    }),
  )
  expect(answers.filter(({ type }) => type === 'found')).toHaveLength(8)
  const later = answers.flatMap((answer) => (answer.type === 'later' ? [answer] : []))
  expect(later).toHaveLength(12)
  for (const { reason, retryAfterMs } of later) expect([reason, retryAfterMs > 0]).toEqual(['busy', true])
  // Those who read no further lose their place.
  expect(node(1).exchange.counts().servingNow).toBe(8)
  await clock.advance(60_000)
  expect(node(1).exchange.counts().servingNow).toBe(0)
})

test('a node fetches for members of its own cloud only', async () => {
  const clock = createVirtualClock()
  const clouds = createClouds({
    clock,
    seed: 9,
    clouds: [
      { name: 'north', members: 0, hasAgent: true },
      { name: 'south', members: 1, hasAgent: false },
    ],
  })
  const [agent, stranger] = clouds.nodes
  const stream = await clouds.streamsOf(stranger?.peer ?? '').open(agent?.peer ?? '', BLOB_PROTOCOL)
  await stream.send(encodeBlobRequest({ type: 'get', id: ID, offset: 0, isDuty: true, tried: [] }))
  expect(decodeBlobAnswer((await stream.receive()) ?? new Uint8Array())).toEqual({ type: 'missing' })
  expect(agent?.exchange.counts().fetchingNow).toBe(0)
})

/** How a peer may serve: so many pieces, honest or not, of a blob of the size that it says, then an end. */
interface Behavior {
  readonly pieces: number
  readonly isHonest: boolean
  readonly ending: 'reset' | 'silence' | 'excess'
  readonly size: number
}

const behavior: fc.Arbitrary<Behavior> = fc.record({
  pieces: fc.nat(7),
  isHonest: fc.boolean(),
  ending: fc.constantFrom('reset', 'silence', 'excess'),
  size: fc.constantFrom(CONTENT.length, CONTENT.length - 1, CHUNK_BYTES, 50_000_000),
})

function behaving({ pieces, isHonest, ending, size }: Behavior): Misbehavior {
  return async (stream) => {
    const request = decodeBlobRequest((await stream.receive()) ?? new Uint8Array())
    await stream.send(encodeBlobAnswer({ type: 'found', size }))
    if (request.type === 'have') return
    const end = Math.min(CONTENT.length, request.offset + pieces * CHUNK_BYTES)
    for (let at = request.offset; at < end; at += CHUNK_BYTES) {
      const piece = CONTENT.slice(at, at + CHUNK_BYTES)
      await stream.send(isHonest ? piece : piece.fill(7))
    }
    if (ending === 'excess') await stream.send(new Uint8Array(CHUNK_BYTES).fill(1))
    if (ending !== 'reset') await new Promise(() => undefined)
  }
}

const TYPED = ['not-found', 'unreachable', 'damaged', 'malformed', 'too-large']

test('whatever the others do, the result is the blob or a typed error, and the blob if an honest peer has it', async () => {
  const play = async ([agent, second, third]: readonly [Behavior, Behavior, Behavior], hasIt: boolean) => {
    const cloud = oneCloud(3, { 1: behaving(agent), 2: behaving(second), 3: behaving(third) })
    if (hasIt) await cloud.clouds.coordinator.store.put(CONTENT)
    const node = cloud.node(4)
    const result = await fetched(cloud, node)
    if (typeof result === 'string') expect(TYPED).toContain(result)
    if (hasIt || typeof result !== 'string') expect(result).toEqual(CONTENT)
    expect(node.store.usage().blobs).toBe(typeof result === 'string' ? 0 : 1)
  }
  await fc.assert(fc.asyncProperty(fc.tuple(behavior, behavior, behavior), fc.boolean(), play), { numRuns: 40 })
}, 60_000)
