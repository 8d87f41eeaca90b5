import type { PeerId } from '@muster/mesh/admission/membership.ts'
import { peerIdOf } from '@muster/mesh/admission/peer-id.ts'
import {
  type BlobExchangeOptions,
  createBlobExchange,
  DEFAULT_EXCHANGE_OPTIONS,
} from '@muster/mesh/blobs/create-blob-exchange.ts'
import type { BlobExchange } from '@muster/mesh/blobs/exchange.ts'
import { createMemoryBlobStore } from '@muster/mesh/blobs/memory-store.ts'
import { BLOB_PROTOCOL } from '@muster/mesh/blobs/messages.ts'
import type { BlobPeers } from '@muster/mesh/blobs/peers.ts'
import type { BlobStore } from '@muster/mesh/blobs/store.ts'
import { createMemoryStreams, type MemoryStreams } from '@muster/mesh/network/memory-streams.ts'
import type { FrameStream, Streams } from '@muster/mesh/network/streams.ts'
import type { Clock } from '@muster/runtime/clock.ts'
import type { Log } from '@muster/runtime/log.ts'
import { createSeededRandom, type Random } from '@muster/runtime/random.ts'

export const quiet: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => quiet,
}

/** A name as a key would give it. */
export function peerNamed(number: number): PeerId {
  return peerIdOf(createSeededRandom(number).bytes(32))
}

/** One machine of the simulated clouds. */
export interface BlobNode {
  readonly peer: PeerId
  /** Empty for the coordinator. */
  readonly cloud: string
  readonly isAgent: boolean
  readonly store: BlobStore
  readonly exchange: BlobExchange
}

/** What a node does to every conversation that it answers, in place of the exchange. */
export type Misbehavior = (stream: FrameStream) => Promise<void>

export interface CloudsOptions {
  readonly clock: Clock
  readonly seed: number
  readonly clouds: readonly { readonly name: string; readonly members: number; readonly hasAgent: boolean }[]
  /** Whom a node knows; by default everybody who is up. */
  readonly knows?: (node: PeerId, other: PeerId) => boolean
  readonly misbehaving?: (peer: PeerId, index: number) => Misbehavior | undefined
  readonly delayMs?: (from: PeerId, to: PeerId, bytes: number) => number
  readonly options?: Partial<BlobExchangeOptions>
}

/** A coordinator and clouds of members, each with an exchange over memory streams. */
export interface Clouds {
  readonly network: MemoryStreams
  readonly coordinator: BlobNode
  readonly nodes: readonly BlobNode[]
  /** To speak as a node does, without its exchange. */
  streamsOf(peer: PeerId): Streams
  /** The node is gone and everybody knows. @param isKnown - false: they still believe in it */
  kill(peer: PeerId, isKnown: boolean): Promise<void>
}

interface Place {
  readonly peer: PeerId
  readonly cloud: string
  readonly isAgent: boolean
  readonly index: number
}

export function createClouds(setup: CloudsOptions): Clouds {
  const network = createMemoryStreams(setup.clock)
  const random = createSeededRandom(setup.seed)
  const places = placesOf(setup)
  const dead = new Set<PeerId>()
  const streamsByPeer = new Map<PeerId, Streams>()
  const byPeer = new Map(places.map((place) => [place.peer, place]))
  const nodes = places.map((place): BlobNode => {
    const store = createMemoryBlobStore({ maxBytes: 64 * 1024 * 1024, maxBlobBytes: 4 * 1024 * 1024 })
    const misbehavior = setup.misbehaving?.(place.peer, place.index)
    const plain = delayed(network.start(place.peer), place.peer, setup)
    streamsByPeer.set(place.peer, plain)
    const streams: Streams = misbehavior === undefined ? plain : { open: plain.open, serve: () => undefined }
    if (misbehavior !== undefined) plain.serve(BLOB_PROTOCOL, misbehavior)
    const peers = peersOf(
      place,
      places,
      (other) => !dead.has(other) && (setup.knows?.(place.peer, other) ?? true),
      byPeer,
    )
    const parts = { store, streams, peers, clock: setup.clock, random: forked(random), log: quiet }
    const exchange = createBlobExchange(parts, { ...DEFAULT_EXCHANGE_OPTIONS, ...setup.options })
    return { peer: place.peer, cloud: place.cloud, isAgent: place.isAgent, store, exchange }
  })
  const coordinator = nodes[0]
  if (coordinator === undefined) throw new Error('no coordinator')
  return {
    network,
    coordinator,
    nodes: nodes.slice(1),
    streamsOf(peer) {
      const found = streamsByPeer.get(peer)
      if (found === undefined) throw new Error(`no node ${peer}`)
      return found
    },
    async kill(peer, isKnown) {
      if (isKnown) dead.add(peer)
      network.stop(peer)
      await nodes.find((node) => node.peer === peer)?.exchange.stop()
    },
  }
}

function placesOf(setup: CloudsOptions): readonly Place[] {
  const places: Place[] = [{ peer: peerNamed(setup.seed * 1000), cloud: '', isAgent: false, index: 0 }]
  for (const { name, members, hasAgent } of setup.clouds) {
    for (let slot = 0; slot < members + (hasAgent ? 1 : 0); slot++) {
      const index = places.length
      places.push({ peer: peerNamed(setup.seed * 1000 + index), cloud: name, isAgent: hasAgent && slot === 0, index })
    }
  }
  return places
}

function peersOf(
  self: Place,
  places: readonly Place[],
  isKnown: (other: PeerId) => boolean,
  byPeer: ReadonlyMap<PeerId, Place>,
): BlobPeers {
  const known = (choose: (place: Place) => boolean) =>
    places.filter((place) => place.peer !== self.peer && choose(place) && isKnown(place.peer)).map(({ peer }) => peer)
  return {
    self: self.peer,
    sameCloud: () => (self.cloud === '' ? [] : known(({ cloud, isAgent }) => cloud === self.cloud && !isAgent)),
    agents() {
      const others = self.cloud === '' ? [] : known(({ cloud, isAgent }) => cloud === self.cloud && isAgent)
      return self.isAgent ? [self.peer, ...others] : others
    },
    upstream: () => known(({ cloud }) => cloud === ''),
    cloudOf(peer) {
      const cloud = byPeer.get(peer)?.cloud
      return cloud === '' ? undefined : cloud
    },
    // The same few for each, so that what is known of them spreads through others.
    isConnected: (peer) => Math.abs((byPeer.get(peer)?.index ?? 0) - self.index) <= 3,
    addressesOf: () => [],
  }
}

/** Each frame takes its time on the way, and the next waits behind it. */
function delayed(streams: Streams, self: PeerId, { clock, delayMs }: CloudsOptions): Streams {
  if (delayMs === undefined) return streams
  const slow = (stream: FrameStream): FrameStream => ({
    ...stream,
    async send(frame) {
      await clock.sleep(delayMs(self, stream.peer, frame.length))
      await stream.send(frame)
    },
  })
  return {
    open: async (peer, protocol, options) => slow(await streams.open(peer, protocol, options)),
    serve: (protocol, answer) => streams.serve(protocol, (stream) => answer(slow(stream))),
  }
}

function forked(random: Random): Random {
  return createSeededRandom(random.integer(2 ** 31))
}
