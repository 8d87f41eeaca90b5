import type { PeerId } from '@muster/mesh/admission/membership.ts'
import type { Tampering } from './machine.ts'
import { createWorld, type World, type WorldOptions } from './world.ts'

const MINUTE_MS = 60_000

/** A run with one trouble; returns what went wrong, nothing when all went well. */
export type Scenario = (tampering?: Tampering) => readonly string[]

/** A cluster that has come up, whose notices begin now. */
export function settledWorld(options: WorldOptions): World {
  const world = createWorld(options)
  world.advance(MINUTE_MS)
  world.notices.length = 0
  return world
}

/** Who called whom gone, of those who live. */
export function falseGone(world: World): readonly string[] {
  return world.notices.flatMap(({ observer, effect }) =>
    effect.type === 'status-changed' && effect.to === 'gone' && world.node(effect.peer).life === 'up'
      ? [`${observer} called ${effect.peer} gone`]
      : [],
  )
}

function settled(seed: number, workersPerCloud: number, tampering: Tampering | undefined): World {
  return settledWorld({ seed, workersPerCloud, ...(tampering === undefined ? {} : { tampering }) })
}

/** Its answers to three members are lost, to others not: it hears of the suspicion and contradicts by way of these. */
export const halfCutMember: Scenario = (tampering) => {
  const world = settled(71, 12, tampering)
  const victim = 'a-proxy-0'
  for (const peer of [...world.network.connectionsOf(victim)].filter((one) => one.includes('worker')).slice(0, 2)) {
    world.network.links.cutOneWay(victim, peer)
  }
  world.network.links.cutOneWay(victim, 'a-agent')
  world.network.links.cutOneWay(victim, 'a-head')
  world.advance(3 * MINUTE_MS)
  return falseGone(world).filter((one) => one.startsWith('a-agent') || one.startsWith('a-head'))
}

/** Who joins knows every service within three seconds. */
export const lateJoiner: Scenario = (tampering) => {
  const world = settled(72, 6, tampering)
  const joined = world.add('worker', { cloud: 'b', service: 'worker', slot: 77, generation: 0 })
  world.advance(3_000)
  const answers = world.node(joined).member.resolve('proxy', world.times(joined))
  return ['b-proxy-0', 'a-proxy-0'].filter((owner) => !answers.some((one) => one.owner === owner))
}

/** Two halves that were apart are one within a minute. */
export function longSplit(hours: number, workersPerCloud: number): Scenario {
  return (tampering) => {
    const took = rejoinMs(hours, workersPerCloud, tampering)
    return took <= MINUTE_MS ? [] : [`one again after ${took} ms`]
  }
}

/** Milliseconds from the heal of a split until all who follow each other see each other; at most two minutes. */
export function rejoinMs(hours: number, workersPerCloud: number, tampering?: Tampering): number {
  const world = settled(51, workersPerCloud, tampering)
  world.network.links.split([world.ofCloud('b')])
  for (let minute = 0; minute < hours * 60; minute++) {
    world.advance(MINUTE_MS)
    world.notices.length = 0
  }
  world.network.links.heal()
  const healedAt = world.now()
  const known = ['a-agent', 'b-agent', 'a-proxy-0', 'b-proxy-0', 'a-head', 'coordinator']
  const isOne = () =>
    known.every((id) => known.every((peer) => id === peer || world.node(id).member.statusOf(peer) === 'alive'))
  while (!isOne() && world.now() - healedAt < 2 * MINUTE_MS) world.advance(250)
  return world.now() - healedAt
}

/** Milliseconds until each of those who are to know calls the dead one gone; Infinity when not within a minute. */
export function timesToGone(world: World, peer: PeerId, observers: readonly PeerId[]): readonly number[] {
  const start = world.now()
  const timeOf = (observer: PeerId) => {
    const seen = world.notices.find(
      (one) =>
        one.observer === observer &&
        one.at >= start &&
        one.effect.type === 'status-changed' &&
        one.effect.peer === peer &&
        one.effect.to === 'gone',
    )
    return (seen?.at ?? Number.POSITIVE_INFINITY) - start
  }
  while (world.now() < start + MINUTE_MS && !observers.every((one) => Number.isFinite(timeOf(one)))) {
    world.advance(1_000)
  }
  return observers.map(timeOf)
}

/** A host that falls silent is known within 13 seconds to those who count on it. */
export const silentHost: Scenario = (tampering) => {
  const world = settled(73, 12, tampering)
  world.kill('a-worker-3', 'silent')
  const late = timesToGone(world, 'a-worker-3', ['a-agent', 'a-head']).filter((ms) => ms > 13_000)
  return late.map((ms) => `known after ${ms} ms`)
}

/**
 * A cluster of a few machines is cut in two while its coordinator is away: on neither side do those who serve all look
 * alive a minute later to those of the other. Each side has few who can tell, and most of whom it asks first are beyond the
 * cut. Several seeds, for whom each is connected to decides how hard it is.
 */
export function smallCut(workersPerCloud: number): Scenario {
  return (tampering) =>
    Array.from({ length: 24 }, (_, at) => at + 1).flatMap((seed) => {
      const world = settled(seed, workersPerCloud, tampering)
      world.kill('coordinator', 'crashed')
      world.network.links.split([world.ofCloud('b')])
      world.advance(MINUTE_MS)
      const sides = [
        ['a-agent', 'a-proxy-0', 'a-head'],
        ['b-agent', 'b-proxy-0'],
      ]
      return sides.flatMap((observers, side) =>
        observers.flatMap((observer) =>
          (sides[1 - side] ?? [])
            .filter((peer) => world.node(observer).member.statusOf(peer) === 'alive')
            .map((peer) => `seed ${seed}: to ${observer} ${peer} is alive`),
        ),
      )
    })
}

/** An observer whose wires are all cut calls nobody gone and says that it is sick. */
export const sickObserver: Scenario = (tampering) => {
  const world = settled(41, 25, tampering)
  world.network.links.split([['a-agent']])
  world.advance(5 * MINUTE_MS)
  const own = world.notices.filter(({ observer }) => observer === 'a-agent')
  const isSaid = own.some(({ effect }) => effect.type === 'sick' && effect.cloud === 'a')
  return [...falseGone(world).filter((one) => one.startsWith('a-agent')), ...(isSaid ? [] : ['it did not say so'])]
}

/** An observer that stood still drops what it would conclude from the silence. */
export const standstill: Scenario = (tampering) => {
  const world = settled(42, 25, tampering)
  world.freeze('a-agent')
  world.advance(5 * MINUTE_MS)
  world.thaw('a-agent')
  world.advance(MINUTE_MS)
  const own = world.notices.filter(({ observer }) => observer === 'a-agent')
  const gone = falseGone(world).filter((one) => one.startsWith('a-agent'))
  return [...gone, ...(own.some(({ effect }) => effect.type === 'thawed') ? [] : ['it did not notice'])]
}

/** Many packets are lost for a while: nobody who lives is called gone. */
export function heavyLoss(share: number, minutes: number, workersPerCloud: number, seed = 22): Scenario {
  return (tampering) => {
    const world = settled(seed, workersPerCloud, tampering)
    world.network.links.setLoss(share)
    world.advance(minutes * MINUTE_MS)
    return falseGone(world)
  }
}

/** Machines of one cloud that start within a minute; who does not know its proxy half a minute later. */
export function joinStorm(seed: number, count: number): { readonly world: World; readonly unready: readonly PeerId[] } {
  const world = createWorld({ seed, clouds: ['a'], workersPerCloud: count, startWithinMs: MINUTE_MS })
  world.advance(1.5 * MINUTE_MS)
  const agent = world.node('a-agent').member
  const isReady = (id: PeerId) => {
    const [first] = world.node(id).member.resolve('proxy', world.times(id))
    return first?.owner === 'a-proxy-0' && (id === 'a-agent' || agent.statusOf(id) === 'alive')
  }
  return { world, unready: [...world.nodes.keys()].filter((id) => !isReady(id)) }
}

/** How long the workers of a cloud hold on to a dead proxy, and how long until all use the one that takes its place. */
export function movedProxy(
  seed: number,
  how: 'crashed' | 'silent',
): { readonly leftMs: number; readonly backMs: number } {
  const world = settled(seed, 12, undefined)
  const workers = world.ofCloud('b').filter((id) => id.includes('worker'))
  const usersOf = (owner: PeerId) =>
    workers.filter((id) => world.node(id).member.resolve('proxy', world.times(id))[0]?.owner === owner).length
  world.kill('b-proxy-0', how)
  const leftMs = waitFor(world, () => usersOf('b-proxy-0') === 0)
  world.advance(3 * MINUTE_MS)
  const moved = world.add('fixed', { cloud: 'b', service: 'proxy', slot: 0, generation: 1 })
  return { leftMs, backMs: waitFor(world, () => usersOf(moved) === workers.length) }
}

/** Milliseconds until something is so; Infinity when not within two minutes. */
export function waitFor(world: World, isSo: () => boolean): number {
  const start = world.now()
  while (!isSo()) {
    if (world.now() - start > 2 * MINUTE_MS) return Number.POSITIVE_INFINITY
    world.advance(100)
  }
  return world.now() - start
}
