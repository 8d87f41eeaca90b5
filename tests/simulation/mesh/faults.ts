import type { PeerId } from '@muster/mesh/admission/membership.ts'
import fc from 'fast-check'
import type { World } from './world.ts'

/** One thing that goes wrong. `who` counts through the machines that there are at that moment. */
export type Fault =
  | { readonly type: 'split'; readonly who: number; readonly size: number }
  | { readonly type: 'heal' }
  | { readonly type: 'cut'; readonly who: number; readonly other: number }
  | { readonly type: 'loss'; readonly percent: number }
  | { readonly type: 'kill'; readonly who: number; readonly how: 'crashed' | 'silent' }
  | { readonly type: 'freeze'; readonly who: number; readonly ms: number }
  | { readonly type: 'restart'; readonly who: number }
  | { readonly type: 'skew'; readonly who: number; readonly ms: number }
  | { readonly type: 'leave'; readonly who: number }
  | { readonly type: 'move'; readonly cloud: number }
  | { readonly type: 'join'; readonly cloud: number }

/** A fault, so long after the one before. */
export interface TimedFault {
  readonly afterMs: number
  readonly fault: Fault
}

/** A whole run: the same one gives the same trace. */
export interface Schedule {
  readonly seed: number
  readonly faults: readonly TimedFault[]
}

const WILD_MS = 120_000
const who = fc.nat({ max: 63 })
const cloud = fc.nat({ max: 1 })

const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({ type: fc.constant('heal' as const) }),
  fc.record({ type: fc.constant('restart' as const), who }),
  fc.record({ type: fc.constant('join' as const), cloud }),
  fc.record({ type: fc.constant('move' as const), cloud }),
  fc.record({ type: fc.constant('leave' as const), who }),
  fc.record({ type: fc.constant('freeze' as const), who, ms: fc.integer({ min: 500, max: 60_000 }) }),
  fc.record({ type: fc.constant('cut' as const), who, other: who }),
  fc.record({ type: fc.constant('loss' as const), percent: fc.integer({ min: 0, max: 30 }) }),
  fc.record({ type: fc.constant('kill' as const), who, how: fc.constantFrom('crashed' as const, 'silent' as const) }),
  fc.record({ type: fc.constant('split' as const), who, size: fc.integer({ min: 1, max: 8 }) }),
  fc.record({
    type: fc.constant('skew' as const),
    who,
    ms: fc.oneof(fc.integer({ min: -30_000, max: 30_000 }), fc.constantFrom(-WILD_MS, WILD_MS)),
  }),
)

/** Runs of at most twelve faults in some minutes; shrinks to few faults, early and mild. */
export const schedules: fc.Arbitrary<Schedule> = fc.record({
  seed: fc.nat({ max: 1_000_000 }),
  faults: fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 60_000 }), fault }), { maxLength: 12 }),
})

/** Lets it happen. */
export function inflict(world: World, fault: Fault): void {
  switch (fault.type) {
    case 'split': {
      const ids = [...world.nodes.keys()]
      const group = Array.from({ length: fault.size }, (_, index) => ids[(fault.who + index) % ids.length] ?? '')
      world.network.links.split([group])
      return
    }
    case 'heal':
      world.network.links.heal()
      return
    case 'cut':
      world.network.links.cutOneWay(pick(world, fault.who), pick(world, fault.other))
      return
    case 'loss':
      world.network.links.setLoss(fault.percent / 100)
      return
    case 'move':
    case 'join':
      start(world, fault)
      return
    default:
      strike(world, pick(world, fault.who), fault)
  }
}

type Strike = Extract<Fault, { type: 'kill' | 'freeze' | 'restart' | 'skew' | 'leave' }>

function strike(world: World, id: PeerId, fault: Strike): void {
  const { life } = world.node(id)
  if (life === 'left') return
  if (fault.type === 'restart') world.restart(id)
  if (fault.type === 'restart' || life === 'dead') return
  if (fault.type === 'kill') world.kill(id, fault.how)
  if (fault.type === 'leave') world.leave(id)
  if (fault.type === 'skew') world.skew(id, fault.ms)
  if (fault.type === 'freeze') {
    world.freeze(id)
    world.later(fault.ms, () => world.thaw(id))
  }
}

/** A new machine in the place of the proxy, which is not told; or one more worker. */
function start(world: World, fault: Extract<Fault, { type: 'move' | 'join' }>): void {
  const place = { cloud: world.clouds[fault.cloud % world.clouds.length] ?? 'a', generation: world.nodes.size }
  if (fault.type === 'join') world.add('worker', { ...place, service: 'worker', slot: 100 + world.nodes.size })
  else world.add('fixed', { ...place, service: 'proxy', slot: 0 })
}

function pick(world: World, count: number): PeerId {
  const ids = [...world.nodes.keys()]
  return ids[count % ids.length] ?? ''
}
