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

/** All connections of the network; each end knows of its own only. */
export interface Connections {
  has(self: PeerId, peer: PeerId): boolean
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
  const ends = new Map<PeerId, Map<PeerId, number>>()
  const nobody: ReadonlySet<PeerId> = new Set()
  let count = 0
  const sets = new Map<PeerId, Set<PeerId>>()

  const setEnd = (self: PeerId, peer: PeerId, id: number) => {
    const own = ends.get(self) ?? new Map<PeerId, number>()
    ends.set(self, own.set(peer, id))
    sets.set(self, (sets.get(self) ?? new Set()).add(peer))
  }
  const idOf = (self: PeerId, peer: PeerId) => ends.get(self)?.get(peer)
  const removeEnd = (self: PeerId, peer: PeerId, id: number) => {
    if (idOf(self, peer) !== id) return false
    ends.get(self)?.delete(peer)
    sets.get(self)?.delete(peer)
    return true
  }
  const tell = (self: PeerId, run: () => void) => nodes.deliver(self, nodes.epochOf(self), run)
  const closeEnd = (self: PeerId, peer: PeerId, id: number, isAsked: boolean) => {
    // A frozen process notices after its thaw; to the others its end is still there until then.
    tell(self, () => {
      if (removeEnd(self, peer, id)) listener.disconnected(self, peer, isAsked)
    })
  }
  const closeFrom = (self: PeerId, peer: PeerId, id: number, isAsked: boolean) => {
    closeEnd(self, peer, id, isAsked)
    const afterMs = links.transit(self, peer)
    if (afterMs !== undefined) scheduler.after(afterMs, () => closeEnd(peer, self, id, isAsked))
  }
  const pingOnce = (self: PeerId, peer: PeerId, id: number) => {
    if (idOf(self, peer) !== id) return
    if (nodes.healthOf(self) === 'running' && !isAnswered(self, peer, id)) {
      scheduler.after(options.pingTimeoutMs, () => {
        if (idOf(self, peer) === id) closeFrom(self, peer, id, false)
      })
      return
    }
    scheduler.after(options.pingMs, () => pingOnce(self, peer, id))
  }
  const isAnswered = (self: PeerId, peer: PeerId, id: number) => {
    if (nodes.healthOf(peer) !== 'running' || idOf(peer, self) !== id) return false
    const there = links.transit(self, peer)
    const back = links.transit(peer, self)
    return there !== undefined && back !== undefined && there + back <= options.pingTimeoutMs
  }

  return {
    has: (self, peer) => idOf(self, peer) !== undefined,
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
      if (idOf(self, peer) !== undefined && idOf(self, peer) === idOf(peer, self)) return
      count += 1
      for (const [near, far] of [
        [self, peer],
        [peer, self],
      ] as const) {
        const id = count
        // An end whose other end is gone already is closed before the new connection is told.
        const old = idOf(near, far)
        if (old !== undefined && removeEnd(near, far, old)) listener.disconnected(near, far, false)
        setEnd(near, far, id)
        scheduler.after(options.pingMs * random.fraction(), () => pingOnce(near, far, id))
      }
      listener.connected(self, peer)
      listener.connected(peer, self)
    },
    hangUp(self, peer) {
      const id = idOf(self, peer)
      if (id !== undefined) closeFrom(self, peer, id, true)
    },
    drop(self, isTold) {
      for (const [peer, id] of [...(ends.get(self) ?? [])]) {
        removeEnd(self, peer, id)
        const afterMs = isTold ? links.transit(self, peer) : undefined
        if (afterMs !== undefined) scheduler.after(afterMs, () => closeEnd(peer, self, id, false))
      }
    },
  }
}
