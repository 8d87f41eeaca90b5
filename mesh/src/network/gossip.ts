import type { Random } from '@muster/runtime/random.ts'
import type { PeerId } from '../admission/membership.ts'

/** Gossipsub as the model knows it; numbers of AUTONOMY's parameter table. */
export interface GossipOptions {
  /** Peers to which a node passes a message on at once, at most (gossipsub's D). */
  readonly fanout: number
  /** A node that was missed hears of the message by the next heartbeat of a neighbor. */
  readonly heartbeatMs: number
  /** Share of deliveries that come a second time, later. */
  readonly doubled: number
}

export const DEFAULT_GOSSIP: GossipOptions = { fanout: 6, heartbeatMs: 1_000, doubled: 0.01 }

/** What the model asks of the network. */
export interface GossipGround {
  /** Subscribed, running and connected to `peer`. */
  neighborsOf(peer: PeerId, topic: string): readonly PeerId[]
  transit(from: PeerId, to: PeerId): number | undefined
  /** A copy arrives there, the first or another one; `degree` neighbors of it follow the topic. */
  carried?(to: PeerId, degree: number): void
}

/** One arrival. */
export interface Arrival {
  readonly peer: PeerId
  readonly afterMs: number
}

/**
 * When a message reaches whom: flooding with a bounded fanout along the connections as they are now, then those that
 * were missed by the heartbeat of a neighbor. Hops take what the wires take, so the order of two messages may differ
 * from node to node. Connections that close while a message is on its way do not stop it: the error is below a second.
 */
export function spreadMessage(
  origin: PeerId,
  topic: string,
  ground: GossipGround,
  random: Random,
  options = DEFAULT_GOSSIP,
): readonly Arrival[] {
  const reached = new Map<PeerId, number>([[origin, 0]])
  flood([origin], topic, reached, ground, random, options.fanout)
  heal(topic, reached, ground, random, options)
  reached.delete(origin)
  const arrivals: Arrival[] = []
  for (const [peer, afterMs] of reached) {
    arrivals.push({ peer, afterMs })
    if (random.fraction() < options.doubled) arrivals.push({ peer, afterMs: afterMs + random.fraction() * 2_000 })
  }
  return arrivals
}

/** Breadth first; a later but quicker way corrects the time of a node, without going through its neighbors again. */
function flood(
  from: readonly PeerId[],
  topic: string,
  reached: Map<PeerId, number>,
  ground: GossipGround,
  random: Random,
  fanout: number,
): void {
  let ring = from
  while (ring.length > 0) {
    const next: PeerId[] = []
    for (const peer of ring) {
      const at = reached.get(peer) ?? 0
      const near = ground.neighborsOf(peer, topic)
      for (const neighbor of sample(near, fanout, random)) {
        const hop = ground.transit(peer, neighbor)
        if (hop === undefined) continue
        ground.carried?.(neighbor, near.length)
        const known = reached.get(neighbor)
        if (known === undefined) next.push(neighbor)
        reached.set(neighbor, Math.min(known ?? Number.POSITIVE_INFINITY, at + hop))
      }
    }
    ring = next
  }
}

function heal(
  topic: string,
  reached: Map<PeerId, number>,
  ground: GossipGround,
  random: Random,
  options: GossipOptions,
): void {
  for (const [peer, at] of [...reached]) {
    for (const neighbor of ground.neighborsOf(peer, topic)) {
      if (reached.has(neighbor)) continue
      const hop = ground.transit(peer, neighbor)
      if (hop === undefined) continue
      reached.set(neighbor, at + random.fraction() * options.heartbeatMs + 3 * hop)
      flood([neighbor], topic, reached, ground, random, options.fanout)
    }
  }
}

/** Some of the list, each as likely; the list itself when it is short enough. */
function sample(peers: readonly PeerId[], count: number, random: Random): readonly PeerId[] {
  if (peers.length <= count) return peers
  const pool = [...peers]
  for (let index = 0; index < count; index++) {
    const other = index + random.integer(pool.length - index)
    const [left, right] = [pool[index], pool[other]]
    if (left === undefined || right === undefined) break
    pool[index] = right
    pool[other] = left
  }
  return pool.slice(0, count)
}
