import type { Clock } from '@muster/runtime/clock.ts'
import type { PeerId } from '../admission/membership.ts'
import { MeshError } from '../fault.ts'
import { type Attached, type Conversations, createConversations } from './memory-conversations.ts'
import { createMemoryStreams, type MemoryStreams } from './memory-streams.ts'
import type { ConnectionView, NetworkHost } from './network-host.ts'

/** One way between any two hosts. */
const LATENCY_MS = 1

/** Hosts inside one process, for tests of what stands on a network: complete, without loss, on the clock it is given. */
export interface MemoryHosts {
  /**
   * Brings a host up. One that runs under the same name is killed first.
   *
   * @param addresses - at which others reach it. @default one that nobody else has
   */
  start(peer: PeerId, addresses?: readonly string[]): MemoryHost
  /** The process of the host dies, and the others notice it at once. */
  kill(peer: PeerId): void
  /** The two lose each other until `mend`. */
  cut(left: PeerId, right: PeerId): void
  mend(left: PeerId, right: PeerId): void
}

/** A host whose addresses tests change. */
export interface MemoryHost extends NetworkHost {
  move(addresses: readonly string[]): void
}

/** A connection between two processes, whatever clusters use it. */
interface Connection {
  readonly opener: PeerId
  readonly openedAt: number
}

/** A running host as the others see it. */
interface Station {
  readonly peer: PeerId
  addresses: readonly string[]
  readonly listeners: Set<() => void>
  readonly clusters: Map<string, Attached>
  readonly connections: Map<PeerId, Connection>
  /** Addresses at which each peer was reached, or tried to be. */
  readonly known: Map<PeerId, readonly string[]>
}

/** No host yet. */
export function createMemoryHosts(clock: Clock): MemoryHosts {
  const stations = new Map<PeerId, Station>()
  const cuts = new Set<string>()
  const streams = new Map<string, MemoryStreams>()
  const streamsOf = (cluster: string) => {
    const known = streams.get(cluster) ?? createMemoryStreams(clock)
    streams.set(cluster, known)
    return known
  }
  const close = (left: Station, right: Station, isAsked: boolean) => {
    left.connections.delete(right.peer)
    right.connections.delete(left.peer)
    for (const [cluster, attached] of left.clusters) {
      const other = right.clusters.get(cluster)
      if (other !== undefined) conversations.part(attached, other, isAsked)
      streamsOf(cluster).sever(left.peer, right.peer)
    }
  }
  const conversations = createConversations(clock, LATENCY_MS, {
    connect: (self, peer, addresses) => connect(stations, cuts, clock, { self, peer, addresses }),
    attached: (cluster, peer) => stations.get(peer)?.clusters.get(cluster),
    peersOf: (self) => [...(stations.get(self)?.connections.keys() ?? [])],
    release(self, peer) {
      const [left, right] = [stations.get(self), stations.get(peer)]
      if (left === undefined || right === undefined) return
      const isUsed = [...left.clusters.values()].some(({ connected }) => connected.has(peer))
      if (!isUsed) close(left, right, true)
    },
  })
  const kill = (peer: PeerId) => {
    const station = stations.get(peer)
    if (station === undefined) return
    // What the dead one would be told, nobody hears.
    for (const attached of station.clusters.values()) attached.isOver = true
    for (const other of [...station.connections.keys()].flatMap((one) => stations.get(one) ?? [])) {
      close(station, other, false)
    }
    for (const cluster of station.clusters.keys()) streamsOf(cluster).stop(peer)
    stations.delete(peer)
  }
  return {
    start(peer, addresses = [`/memory/${peer}`]) {
      kill(peer)
      const station: Station = {
        peer,
        addresses,
        listeners: new Set(),
        clusters: new Map(),
        connections: new Map(),
        known: new Map(),
      }
      stations.set(peer, station)
      return hostOf(station, { stations, streamsOf, conversations, stop: () => kill(peer) })
    },
    kill,
    cut(left, right) {
      cuts.add(linkOf(left, right))
      const [one, other] = [stations.get(left), stations.get(right)]
      if (one !== undefined && other !== undefined) close(one, other, false)
    },
    mend: (left, right) => void cuts.delete(linkOf(left, right)),
  }
}

interface Inside {
  readonly stations: ReadonlyMap<PeerId, Station>
  readonly streamsOf: (cluster: string) => MemoryStreams
  readonly conversations: Conversations
  readonly stop: () => void
}

function hostOf(station: Station, inside: Inside): MemoryHost {
  const { peer: self, clusters } = station
  return {
    self,
    addresses: () => station.addresses,
    onAddresses(listener) {
      station.listeners.add(listener)
      return () => void station.listeners.delete(listener)
    },
    connections: () => [...station.connections].map(([peer, one]) => viewOf(self, peer, one, inside.stations)),
    traffic: () => ({ receivedBytes: 0, sentBytes: 0 }),
    attach(cluster, gate, handle) {
      if (clusters.has(cluster)) throw new MeshError('refused', `${self} takes part in ${cluster} already`)
      const raw = inside.streamsOf(cluster).start(self, gate)
      const attached: Attached = {
        self,
        cluster,
        gate,
        handle,
        raw,
        topics: new Set(),
        connected: new Set(),
        pending: new Map(),
        isOver: false,
      }
      clusters.set(cluster, attached)
      return {
        transport: inside.conversations.transportOf(attached),
        streams: inside.conversations.streamsOf(attached),
        recheck: () => inside.conversations.recheck(attached),
        async detach() {
          inside.conversations.partAll(attached)
          attached.isOver = true
          clusters.delete(cluster)
          inside.streamsOf(cluster).stop(self)
        },
      }
    },
    async stop() {
      for (const attached of clusters.values()) inside.conversations.partAll(attached)
      inside.stop()
    },
    move(addresses) {
      station.addresses = addresses
      for (const listener of station.listeners) listener()
    },
  }
}

interface Wish {
  readonly self: PeerId
  readonly peer: PeerId
  readonly addresses: readonly string[] | undefined
}

/** Whether a connection stands afterwards: an old one, or a new one to an address at which the peer is. */
function connect(
  stations: ReadonlyMap<PeerId, Station>,
  cuts: ReadonlySet<string>,
  clock: Clock,
  { self, peer, addresses }: Wish,
): boolean {
  const [here, there] = [stations.get(self), stations.get(peer)]
  if (here === undefined || there === undefined || self === peer || cuts.has(linkOf(self, peer))) return false
  if (here.connections.has(peer)) return true
  const tried = addresses === undefined || addresses.length === 0 ? (here.known.get(peer) ?? []) : addresses
  const isThere = tried.some((address) => there.addresses.some((own) => address.startsWith(own)))
  if (!isThere) return false
  here.known.set(peer, there.addresses)
  there.known.set(self, here.addresses)
  const connection = { opener: self, openedAt: clock.now() }
  here.connections.set(peer, connection)
  there.connections.set(self, connection)
  return true
}

function viewOf(
  self: PeerId,
  peer: PeerId,
  { opener, openedAt }: Connection,
  stations: ReadonlyMap<PeerId, Station>,
): ConnectionView {
  return {
    peer,
    address: stations.get(peer)?.addresses[0] ?? '',
    direction: opener === self ? 'outbound' : 'inbound',
    isRelayed: false,
    rttMs: 2 * LATENCY_MS,
    openedAt,
  }
}

function linkOf(left: PeerId, right: PeerId): string {
  return left < right ? `${left} ${right}` : `${right} ${left}`
}
