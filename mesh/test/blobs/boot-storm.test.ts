import { blobIdOf } from '@muster/mesh/blobs/blob-id.ts'
import { CHUNK_BYTES, encodeBlobAnswer } from '@muster/mesh/blobs/messages.ts'
import { createSeededRandom } from '@muster/runtime/random.ts'
import { createVirtualClock, type VirtualClock } from '@muster/runtime/virtual-clock.ts'
import { expect, test } from 'vitest'
import { type BlobNode, type Clouds, createClouds, type Misbehavior } from './blob-cloud.ts'

const CLOUDS = [
  { name: 'north', members: 80, hasAgent: true },
  { name: 'south', members: 70, hasAgent: true },
  { name: 'west', members: 47, hasAgent: true },
]
const CONTENT = createSeededRandom(7).bytes(4 * CHUNK_BYTES + 1234)
const ID = blobIdOf(CONTENT)

/** A millisecond inside a cloud, 25 between clouds, and 100 MB/s at each conversation. */
function delayOf(cloudOf: (peer: string) => string | undefined) {
  return (from: string, to: string, bytes: number) => (cloudOf(from) === cloudOf(to) ? 1 : 25) + bytes / 100_000
}

function storm(clock: VirtualClock, setup: Partial<Parameters<typeof createClouds>[0]> = {}): Clouds {
  const placed = new Map<string, string>()
  const delayMs = delayOf((peer) => placed.get(peer))
  const clouds = createClouds({ clock, seed: 11, clouds: CLOUDS, delayMs, ...setup })
  for (const { peer, cloud } of clouds.nodes) placed.set(peer, cloud)
  return clouds
}

/** Fetches at all of them at once, and moves time until all have ended. @returns how long each took, and who failed */
async function fetchAll(clock: VirtualClock, nodes: readonly BlobNode[], during?: (elapsedMs: number) => void) {
  const start = clock.monotonic()
  const times: number[] = []
  const failed: unknown[] = []
  let open = nodes.length
  for (const node of nodes) {
    node.exchange
      .fetch(ID)
      .then(async (reader) => {
        expect(Buffer.compare(await reader.bytes(), CONTENT)).toBe(0)
        times.push(clock.monotonic() - start)
      })
      .catch((error: unknown) => failed.push(error))
      .finally(() => {
        open -= 1
      })
  }
  for (let turn = 0; turn < 40_000 && open > 0; turn++) {
    await clock.advance(10)
    during?.(clock.monotonic() - start)
  }
  return { times: times.toSorted((left, right) => left - right), failed, open }
}

function servedTo(clouds: Clouds) {
  return Object.fromEntries(clouds.coordinator.exchange.counts().served.map(({ cloud, blobs }) => [cloud, blobs]))
}

test('200 members of three clouds want a blob at once: the coordinator gives it to each cloud once', async () => {
  const clock = createVirtualClock()
  const clouds = storm(clock)
  await clouds.coordinator.store.put(CONTENT)
  const { times, failed, open } = await fetchAll(clock, clouds.nodes)
  expect({ failed, open }).toEqual({ failed: [], open: 0 })
  expect(times).toHaveLength(200)
  expect(servedTo(clouds)).toEqual({ north: 1, south: 1, west: 1 })
})

test('an agent dies in the middle of fetching and nobody knows: members take over, and one of them goes outside', async () => {
  const clock = createVirtualClock()
  const clouds = storm(clock)
  await clouds.coordinator.store.put(CONTENT)
  const agent = clouds.nodes.find(({ isAgent, cloud }) => isAgent && cloud === 'north')
  const others = clouds.nodes.filter((node) => node !== agent)
  // The question takes 50 ms there and back, the first piece comes then: so this is in the middle of the blob.
  const { failed, open } = await fetchAll(clock, others, (elapsedMs) => {
    if (elapsedMs === 90) void clouds.kill(agent?.peer ?? '', false)
  })
  expect({ failed, open }).toEqual({ failed: [], open: 0 })
  expect(servedTo(clouds)).toEqual({ north: 1, south: 1, west: 1 })
  expect(clouds.coordinator.exchange.counts().served.find(({ cloud }) => cloud === 'north')?.broken).toBe(1)
})

test('clouds without an agent, whose first two members on duty die while they fetch', async () => {
  const clock = createVirtualClock()
  const clouds = storm(clock, { clouds: CLOUDS.map((cloud) => ({ ...cloud, hasAgent: false })) })
  await clouds.coordinator.store.put(CONTENT)
  const killed = new Set<string>()
  const { failed, open } = await fetchAll(clock, clouds.nodes, () => {
    if (killed.size >= 2) return
    const leader = clouds.nodes.find(({ cloud, exchange, store, peer }) => {
      return cloud === 'south' && !killed.has(peer) && exchange.counts().fetchingNow > 0 && !store.has(ID)
    })
    if (leader === undefined) return
    killed.add(leader.peer)
    void clouds.kill(leader.peer, killed.size === 1)
  })
  expect(open).toBe(0)
  expect(killed.size).toBe(2)
  // Those who died did not get it; all others did.
  expect(failed.length).toBeLessThanOrEqual(killed.size)
  expect(servedTo(clouds)).toEqual({ north: 1, south: 1, west: 1 })
})

test('members see only half of each other, each another half: still once for each cloud', async () => {
  const clock = createVirtualClock()
  const sees = createSeededRandom(3)
  const views = new Map<string, boolean>()
  const clouds = storm(clock, {
    clouds: CLOUDS.map((cloud) => ({ ...cloud, hasAgent: false })),
    knows(node, other) {
      const isCoordinator = other === clouds?.coordinator.peer
      const key = `${node} ${other}`
      const isSeen = views.get(key) ?? (isCoordinator || sees.fraction() < 0.5)
      views.set(key, isSeen)
      return isSeen
    },
  })
  await clouds.coordinator.store.put(CONTENT)
  const { failed, open } = await fetchAll(clock, clouds.nodes)
  expect({ failed, open }).toEqual({ failed: [], open: 0 })
  expect(servedTo(clouds)).toEqual({ north: 1, south: 1, west: 1 })
})

const LIES: readonly Misbehavior[] = [
  // Whole, of the right size, and wrong.
  async (stream) => {
    await stream.receive()
    await stream.send(encodeBlobAnswer({ type: 'found', size: CONTENT.length }))
    for (let at = 0; at < CONTENT.length; at += CHUNK_BYTES) {
      await stream.send(new Uint8Array(Math.min(CHUNK_BYTES, CONTENT.length - at)))
    }
    await stream.receive()
  },
  // A wrong beginning, then silence.
  async (stream) => {
    await stream.receive()
    await stream.send(encodeBlobAnswer({ type: 'found', size: CONTENT.length }))
    await stream.send(new Uint8Array(CHUNK_BYTES))
    await new Promise(() => undefined)
  },
  // Always about to have it.
  async (stream) => {
    await stream.receive()
    await stream.send(encodeBlobAnswer({ type: 'later', reason: 'fetching', retryAfterMs: 100, peers: [] }))
  },
  // Another size, and more than it says.
  async (stream) => {
    await stream.receive()
    await stream.send(encodeBlobAnswer({ type: 'found', size: 3 * CHUNK_BYTES }))
    for (let count = 0; count < 10; count++) await stream.send(new Uint8Array(CHUNK_BYTES + 1))
  },
  // Not a word of the protocol.
  async (stream) => {
    await stream.receive()
    await stream.send(new Uint8Array(100))
  },
]

test('one member in twenty lies, each in another way: all others get the blob, and each cloud gets it once', async () => {
  const clock = createVirtualClock()
  const liars = new Set<string>()
  const clouds = storm(clock, {
    misbehaving(peer, index) {
      // Never an agent: those come first in their clouds.
      if (index % 20 !== 13) return undefined
      liars.add(peer)
      return LIES[liars.size % LIES.length]
    },
  })
  await clouds.coordinator.store.put(CONTENT)
  const honest = clouds.nodes.filter(({ peer }) => !liars.has(peer))
  const { times, failed, open } = await fetchAll(clock, honest)
  expect({ failed, open }).toEqual({ failed: [], open: 0 })
  expect(liars.size).toBe(10)
  expect(times).toHaveLength(190)
  expect(servedTo(clouds)).toEqual({ north: 1, south: 1, west: 1 })
  expect(honest.reduce((sum, { exchange }) => sum + exchange.counts().wrongContent, 0)).toBeGreaterThan(0)
})

test('the member on duty is a liar that keeps the blob to itself: its cloud is served once more, not for each member', async () => {
  const clock = createVirtualClock()
  const clouds = storm(clock, {
    clouds: [{ name: 'north', members: 60, hasAgent: true }],
    misbehaving: (_peer, index) => (index === 1 ? LIES[0] : undefined),
  })
  await clouds.coordinator.store.put(CONTENT)
  const agent = clouds.nodes[0]
  // The agent gets it as an honest one would, and from then on serves something else.
  const reader = agent?.exchange.fetch(ID)
  await clock.advance(2_000)
  expect((await reader)?.size).toBe(CONTENT.length)
  const { failed, open } = await fetchAll(clock, clouds.nodes.slice(1))
  expect({ failed, open }).toEqual({ failed: [], open: 0 })
  expect(servedTo(clouds)).toEqual({ north: 2 })
})

test('the storm over, streams and transfers are closed', async () => {
  const clock = createVirtualClock()
  const clouds = storm(clock, { clouds: [{ name: 'north', members: 20, hasAgent: true }] })
  await clouds.coordinator.store.put(CONTENT)
  await fetchAll(clock, clouds.nodes)
  await clock.advance(1_000)
  expect(clouds.network.open()).toBe(0)
  expect(clock.pending).toBe(0)
  for (const { exchange } of clouds.nodes) expect(exchange.counts()).toMatchObject({ servingNow: 0, fetchingNow: 0 })
})
