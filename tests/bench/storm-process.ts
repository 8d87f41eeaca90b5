import { once } from 'node:events'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { createBlobExchange } from '@muster/mesh/blobs/create-blob-exchange.ts'
import { openBlobStore } from '@muster/mesh/blobs/disk-store.ts'
import type { BlobExchange } from '@muster/mesh/blobs/exchange.ts'
import type { BlobStore } from '@muster/mesh/blobs/store.ts'
import { createLibp2pHost } from '@muster/mesh/libp2p/create-host.ts'
import type { AdmissionGate, ClusterLink, NetworkHost } from '@muster/mesh/network/network-host.ts'
import { systemClock } from '@muster/runtime/clock.ts'
import { silentLog } from '@muster/runtime/log.ts'
import { createSeededRandom, systemRandom } from '@muster/runtime/random.ts'
import type { StormAnswer, StormMember, StormOrder, StormPlace } from './storm-messages.ts'

/** One process of the boot storm: some nodes over libp2p, told by its parent what to do. */
const BOUNDS = { clock: systemClock, maxBytes: 256 * 1024 * 1024, maxBlobBytes: 64 * 1024 * 1024 }

interface Opened {
  readonly place: StormPlace
  readonly host: NetworkHost
  readonly store: BlobStore
  /** For what comes by HTTP, so that both ways begin with nothing. */
  readonly plainStore: BlobStore
}

interface Joined extends Opened {
  readonly link: ClusterLink
  readonly exchange: BlobExchange
}

let opened: readonly Opened[] = []
let joined: readonly Joined[] = []
let members: ReadonlyMap<string, StormMember> = new Map()

process.on('message', (order: StormOrder) => {
  carryOut(order).then(
    (answer) => process.send?.(answer),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`)
      process.exit(1)
    },
  )
})
process.on('disconnect', () => process.exit(0))

async function carryOut(order: StormOrder): Promise<StormAnswer> {
  switch (order.type) {
    case 'open':
      opened = await Promise.all(order.places.map((place, index) => openNode(place, join(order.folder, `${index}`))))
      return { type: 'open', nodes: opened.map(({ host }) => ({ peer: host.self, addresses: host.addresses() })) }
    case 'join':
      members = new Map(order.members.map((member) => [member.peer, member]))
      joined = opened.map(joinNode)
      return { type: 'join' }
    case 'connect':
      await connect(order.links)
      return { type: 'connect' }
    case 'publish':
      return await publish(order.contentSeed, order.bytes)
    case 'fetch':
      return { type: 'fetch', ...(await timeAll(async ({ exchange }) => (await exchange.fetch(order.id)).close())) }
    case 'download':
      return { type: 'download', ...(await timeAll((node) => download(node, order.url, order.id))) }
    case 'counts': {
      const { user, system } = process.cpuUsage()
      const served = joined[0]?.exchange.counts().served ?? []
      const connections = joined.reduce((sum, { host }) => sum + host.connections().length, 0)
      return { type: 'counts', served, connections, cpuMs: (user + system) / 1000 }
    }
  }
}

async function openNode(place: StormPlace, folder: string): Promise<Opened> {
  const host = await createLibp2pHost({
    seed: Buffer.from(place.seed, 'hex'),
    options: { listen: ['/ip4/127.0.0.1/tcp/0'], announce: [], isMulticastEnabled: false, isRelay: false, relays: [] },
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
  })
  const store = await openBlobStore(join(folder, 'mesh'), BOUNDS)
  return { place, host, store, plainStore: await openBlobStore(join(folder, 'plain'), BOUNDS) }
}

function joinNode(node: Opened): Joined {
  const { host, place } = node
  const gate: AdmissionGate = {
    hello: () => ({ definitionVersion: 1 }),
    admit: async () => undefined,
    isAdmitted: (peer) => members.has(peer),
    receive: async () => ({ verdict: 'ignore' }),
  }
  const connected = new Set<string>()
  const link = host.attach('clu_storm', gate, (event) => {
    if (event.type === 'connected') connected.add(event.peer)
    if (event.type === 'disconnected') connected.delete(event.peer)
  })
  const others = (choose: (member: StormMember) => boolean) =>
    [...members.values()].filter((one) => one.peer !== host.self && choose(one)).map(({ peer }) => peer)
  const own = others(({ cloud, isAgent }) => place.cloud !== '' && cloud === place.cloud && !isAgent)
  const agents = others(({ cloud, isAgent }) => place.cloud !== '' && cloud === place.cloud && isAgent)
  const upstream = others(({ cloud }) => cloud === '')
  const exchange = createBlobExchange({
    store: node.store,
    streams: link.streams,
    peers: {
      self: host.self,
      sameCloud: () => own,
      agents: () => (place.isAgent ? [host.self, ...agents] : agents),
      upstream: () => upstream,
      cloudOf: (peer) => members.get(peer)?.cloud || undefined,
      isConnected: (peer) => connected.has(peer),
      addressesOf: (peer) => members.get(peer)?.addresses ?? [],
    },
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
  })
  return { ...node, link, exchange }
}

/** Resolves when each stands; a peer is dialed by one side only. */
async function connect(links: readonly (readonly [from: string, to: string])[]): Promise<void> {
  for (const [from, to] of links) {
    const node = joined.find(({ host }) => host.self === from)
    node?.link.transport.dial(to, members.get(to)?.addresses ?? [])
    await waitFor(() => node?.host.connections().some(({ peer }) => peer === to) === true)
  }
}

async function waitFor(isSo: () => boolean): Promise<void> {
  const end = performance.now() + 30_000
  while (!isSo()) {
    if (performance.now() > end) throw new Error('a connection did not come about')
    await systemClock.sleep(5)
  }
}

async function publish(contentSeed: number, bytes: number): Promise<StormAnswer> {
  const content = createSeededRandom(contentSeed).bytes(bytes)
  const id = (await joined[0]?.store.put(content)) ?? ''
  const server = createServer((_request, response) => response.end(content))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return { type: 'publish', id, url: `http://127.0.0.1:${port}/` }
}

/** The same work as a fetch of the mesh: hashed, and on the disk before it counts. */
async function download({ plainStore }: Joined, url: string, id: string): Promise<void> {
  const response = await fetch(url)
  const writer = await plainStore.begin(id)
  for await (const piece of response.body ?? []) await writer.write(piece)
  if (!(await writer.finish())) throw new Error('other bytes came')
}

async function timeAll(fetchOne: (node: Joined) => Promise<void>) {
  const start = performance.now()
  const times: number[] = []
  const results = await Promise.allSettled(
    joined.map(async (node) => {
      await fetchOne(node)
      times.push(performance.now() - start)
    }),
  )
  const rejected = results.filter((result) => result.status === 'rejected')
  for (const { reason } of rejected.slice(0, 3)) process.stderr.write(`${String(reason)}\n`)
  return { times, failures: rejected.length }
}
