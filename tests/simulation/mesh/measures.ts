import { falseGone, settledWorld, timesToGone, waitFor } from './scenarios.ts'
import { pingBytesPerSecond, pingsPerSecond, SEGMENT_BYTES } from './traffic.ts'
import type { World } from './world.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** Members that are no workers, in a cluster of two clouds. */
const OTHERS = 6

/**
 * Milliseconds until those who count on a worker, the agent of its cloud and the head, know of each of some deaths, now
 * in one cloud, now in the other. Infinity for who does not know a minute later.
 */
export function deathTimes(how: 'crashed' | 'silent', members: number, deaths: number): readonly number[] {
  const workersPerCloud = Math.round((members - OTHERS) / 2)
  const world = settledWorld({ seed: 101, workersPerCloud })
  // The busy minutes of the start are not to be measured.
  world.advance(MINUTE_MS)
  return Array.from({ length: deaths }, (_, count) => {
    const cloud = count % 2 === 0 ? 'a' : 'b'
    const peer = `${cloud}-worker-${Math.floor((count * workersPerCloud) / deaths)}`
    world.notices.length = 0
    world.kill(peer, how)
    const times = timesToGone(world, peer, [`${cloud}-agent`, 'a-head'])
    world.restart(peer)
    world.advance(MINUTE_MS / 2)
    return times
  }).flat()
}

/** Milliseconds until 99 % of a cloud's members know a service that starts there, at 200 members. */
export function newServiceTimes(count: number): readonly number[] {
  const world = settledWorld({ seed: 102, workersPerCloud: 97 })
  const members = world.ofCloud('a')
  return Array.from({ length: count }, (_, index) => {
    const service = `cache-${index}`
    const owner = world.add('fixed', { cloud: 'a', service, slot: 0, generation: 0 })
    const knowing = () => members.filter((id) => world.node(id).member.resolve(service, world.times(id)).length > 0)
    const tookMs = waitFor(world, () => knowing().length >= 0.99 * members.length)
    world.leave(owner)
    world.advance(MINUTE_MS / 6)
    return tookMs
  })
}

/** How many were called gone who lived, under loss, in at least so many hours of one member. */
export function falseGoneUnderLoss(
  share: number,
  nodeHours: number,
  hoursEach: number,
): { falsely: number; nodeHours: number } {
  let [falsely, done] = [0, 0]
  for (let seed = 110; done < nodeHours; seed++) {
    const world = settledWorld({ seed, workersPerCloud: 22 })
    world.network.links.setLoss(share)
    for (let ms = 0; ms < hoursEach * HOUR_MS; ms += MINUTE_MS) {
      world.advance(MINUTE_MS)
      falsely += falseGone(world).length
      world.notices.length = 0
    }
    done += world.nodes.size * hoursEach
  }
  return { falsely, nodeHours: done }
}

/** Bytes that one worker receives in a second, by cause. */
export interface Receiver {
  readonly connections: number
  readonly gossip: number
  readonly sync: number
  readonly pings: number
  readonly total: number
}

/** Bytes that idle workers receive in a second; the mean where nothing else is said. */
export interface IdleBytes {
  readonly members: number
  readonly gossip: number
  readonly sync: number
  readonly pings: number
  readonly total: number
  /** Of the worker that receives most. */
  readonly most: Receiver
  /** With the headers of IP and TCP. */
  readonly withHeaders: number
  readonly connections: number
}

/** What the workers of a cluster receive while nothing happens, once it has come up. */
export function idleBytes(members: number, seconds: number): IdleBytes {
  const world = settledWorld({ seed: 5, workersPerCloud: Math.max(1, Math.round((members - OTHERS) / 2)) })
  world.advance(3 * MINUTE_MS)
  const workers = [...world.nodes.values()].filter(({ membership }) => membership.role === 'worker')
  const before = new Map(workers.map(({ id, traffic }) => [id, { ...traffic }]))
  world.advance(seconds * 1_000)
  const rows = workers.map(({ id, traffic }) => {
    const start = before.get(id) ?? traffic
    const connections = world.network.connectionsOf(id).size
    const gossip = (traffic.gossipBytes - start.gossipBytes) / seconds
    const sync = (traffic.syncBytes + traffic.requestBytes - start.syncBytes - start.requestBytes) / seconds
    const pings = pingBytesPerSecond(connections)
    // Each message that arrives is a segment, and so is the acknowledgement of each that was sent: about as many.
    const segments = 2 * ((traffic.messages - start.messages) / seconds + pingsPerSecond(connections))
    const total = gossip + sync + pings
    return { connections, gossip, sync, pings, total, withHeaders: total + segments * SEGMENT_BYTES }
  })
  const mean = (of: (row: (typeof rows)[number]) => number) => rows.reduce((sum, row) => sum + of(row), 0) / rows.length
  const most = rows.reduce((before, row) => (row.total > before.total ? row : before))
  return {
    members: world.nodes.size,
    gossip: mean(({ gossip }) => gossip),
    sync: mean(({ sync }) => sync),
    pings: mean(({ pings }) => pings),
    total: mean(({ total }) => total),
    most,
    withHeaders: mean(({ withHeaders }) => withHeaders),
    connections: mean(({ connections }) => connections),
  }
}

/** A cluster of 200 that is idle, for measuring how fast the simulator runs. */
export function idleWorld(): World {
  return settledWorld({ seed: 120, workersPerCloud: 97 })
}
