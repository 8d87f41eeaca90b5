import type { Random } from '@muster/runtime/random.ts'
import type { PeerId } from '../admission/membership.ts'
import type { Links } from './links.ts'
import type { Nodes } from './nodes.ts'
import type { Scheduler } from './scheduler.ts'

/** libp2p's connection monitor and dialer, as far as the model needs them. */
export interface ConnectionOptions {
  /** Each end pings so often; a ping without an answer closes the connection at that end. */
  readonly pingMs: number
  readonly pingTimeoutMs: number
  readonly dialTimeoutMs: number
  /** Round trips of a handshake: tcp, noise, yamux, identify. */
  readonly handshakeTrips: number
}

export const DEFAULT_CONNECTIONS: ConnectionOptions = {
  pingMs: 12_000,
  pingTimeoutMs: 3_000,
  dialTimeoutMs: 5_000,
  handshakeTrips: 3,
}

/** What an end of a connection is told; already at the right moment and only while its process runs. */
export interface ConnectionListener {
  connected(self: PeerId, peer: PeerId): void
  disconnected(self: PeerId, peer: PeerId, isAsked: boolean): void
}

interface Parts {
  readonly random: Random
  readonly scheduler: Scheduler
  readonly links: Links
  readonly nodes: Nodes
  readonly listener: ConnectionListener
}

/** One end of a connection, as its process holds it. */
interface End {
  readonly self: PeerId
  readonly peer: PeerId
  /** Of the connection: both ends have the same. */
  readonly id: number
  isOpen: boolean
}

/** Both ends of one connection, an end and the one at its peer. */
type Pair = readonly [near: End, far: End]

/** All connections of the network; each end knows of its own only. */
export interface Connections {
  has(self: PeerId, peer: PeerId): boolean
  /** Counts up whenever an end opens or closes. */
  readonly changes: number
  peersOf(self: PeerId): ReadonlySet<PeerId>
  /** How long a fresh connection takes to stand; `undefined` when none comes about, and after how long that is known. */
  tryHandshake(self: PeerId, peer: PeerId): { readonly afterMs: number; readonly isOpen: boolean }
  open(self: PeerId, peer: PeerId): void
  hangUp(self: PeerId, peer: PeerId): void
  /** The process of a node died: a live host says so to the other ends, a silent one does not. */
  drop(self: PeerId, isTold: boolean): void
}

/** No connection stands. */
export function createConnections(parts: Parts, options = DEFAULT_CONNECTIONS): Connections {
  const { random, scheduler, links, nodes, listener } = parts
  const pairs = new Map<PeerId, Map<PeerId, Pair>>()
  const nobody: ReadonlySet<PeerId> = new Set()
  let count = 0
  let changes = 0
  const sets = new Map<PeerId, Set<PeerId>>()

  const pairOf = (self: PeerId, peer: PeerId) => pairs.get(self)?.get(peer)
  const addEnd = (pair: Pair) => {
    const [end] = pair
    end.isOpen = true
    changes += 1
    const own = pairs.get(end.self) ?? new Map<PeerId, Pair>()
    pairs.set(end.self, own.set(end.peer, pair))
    sets.set(end.self, (sets.get(end.self) ?? new Set()).add(end.peer))
  }
  const removeEnd = (end: End) => {
    if (!end.isOpen) return false
    end.isOpen = false
    changes += 1
    pairs.get(end.self)?.delete(end.peer)
    sets.get(end.self)?.delete(end.peer)
    return true
  }
  const closeEnd = (end: End, isAsked: boolean) => {
    // A frozen process notices after its thaw; to the others its end is still there until then.
    nodes.deliver(end.self, nodes.epochOf(end.self), () => {
      if (removeEnd(end)) listener.disconnected(end.self, end.peer, isAsked)
    })
  }
  const closeFrom = ([near, far]: Pair, isAsked: boolean) => {
    closeEnd(near, isAsked)
    const afterMs = links.transit(near.self, near.peer)
    if (afterMs !== undefined) scheduler.after(afterMs, () => closeEnd(far, isAsked))
  }
  const keepPinging = (pair: Pair, firstMs: number) => {
    const [near] = pair
    const pingOnce = () => {
      if (!near.isOpen) return
      if (nodes.healthOf(near.self) !== 'running' || isAnswered(pair)) scheduler.after(options.pingMs, pingOnce)
      else scheduler.after(options.pingTimeoutMs, giveUp)
    }
    const giveUp = () => {
      if (near.isOpen) closeFrom(pair, false)
    }
    scheduler.after(firstMs, pingOnce)
  }
  const isAnswered = ([{ self, peer }, far]: Pair) => {
    if (!far.isOpen || nodes.healthOf(peer) !== 'running') return false
    const there = links.transit(self, peer)
    const back = links.transit(peer, self)
    return there !== undefined && back !== undefined && there + back <= options.pingTimeoutMs
  }

  return {
    has: (self, peer) => pairOf(self, peer) !== undefined,
    get changes() {
      return changes
    },
    peersOf: (self) => sets.get(self) ?? nobody,
    tryHandshake(self, peer) {
      let afterMs = 0
      const health = nodes.healthOf(peer)
      for (let trip = 0; trip < options.handshakeTrips; trip++) {
        const there = links.transit(self, peer)
        const back = links.transit(peer, self)
        if (there === undefined || back === undefined) return { afterMs: options.dialTimeoutMs, isOpen: false }
        afterMs += there + back
        if (health === 'crashed') return { afterMs, isOpen: false }
      }
      const isOpen = health === 'running' && afterMs <= options.dialTimeoutMs
      return { afterMs: isOpen ? afterMs : options.dialTimeoutMs, isOpen }
    },
    open(self, peer) {
      if (nodes.healthOf(self) !== 'running' || nodes.healthOf(peer) !== 'running') return
      const [known, back] = [pairOf(self, peer), pairOf(peer, self)]
      if (known !== undefined && known[0].id === back?.[0].id) return
      count += 1
      const near: End = { self, peer, id: count, isOpen: false }
      const far: End = { self: peer, peer: self, id: count, isOpen: false }
      for (const pair of [
        [near, far],
        [far, near],
      ] as const) {
        // An end whose other end is gone already is closed before the new connection is told.
        const old = pairOf(pair[0].self, pair[0].peer)
        if (old !== undefined && removeEnd(old[0])) listener.disconnected(pair[0].self, pair[0].peer, false)
        addEnd(pair)
        keepPinging(pair, options.pingMs * random.fraction())
      }
      listener.connected(self, peer)
      listener.connected(peer, self)
    },
    hangUp(self, peer) {
      const pair = pairOf(self, peer)
      if (pair !== undefined) closeFrom(pair, true)
    },
    drop(self, isTold) {
      for (const [near, far] of [...(pairs.get(self)?.values() ?? [])]) {
        removeEnd(near)
        const afterMs = isTold ? links.transit(self, near.peer) : undefined
        if (afterMs !== undefined) scheduler.after(afterMs, () => closeEnd(far, false))
      }
    },
  }
}
