import { inflict, type Schedule } from './faults.ts'
import { problemsAtRest, problemsNow } from './invariants.ts'
import { createWorld, type WorldOptions } from './world.ts'

/** The cluster comes up before the first fault. */
const SETTLE_MS = 30_000
/** As long as a record of the directory lives, and a round of redialing and refreshing. */
const REST_MS = 7 * 60_000
const LOOK_MS = 10_000

/** What became of a run. */
export interface Outcome {
  readonly problems: readonly string[]
  readonly traceHash: string
}

/** Plays a schedule on a small cluster of two clouds, then ends all faults and waits until all is to be well again. */
export function runSchedule(schedule: Schedule, options: Partial<WorldOptions> = {}): Outcome {
  const world = createWorld({ workersPerCloud: 4, ...options, seed: schedule.seed })
  const problems = new Set<string>()
  const advance = (ms: number) => {
    for (let left = ms; left > 0; left -= LOOK_MS) {
      world.notices.length = 0
      world.advance(Math.min(LOOK_MS, left))
      for (const problem of problemsNow(world)) problems.add(problem)
    }
  }
  advance(SETTLE_MS)
  for (const { afterMs, fault } of schedule.faults) {
    advance(afterMs)
    inflict(world, fault)
  }
  world.network.links.heal()
  world.network.links.setLoss(0)
  for (const node of world.nodes.values()) {
    world.skew(node.id, 0)
    if (node.life === 'up') world.thaw(node.id)
    // Without agents and coordinator nobody who comes anew finds the others.
    const isMeetingPoint = node.membership.role === 'cloud-agent' || node.membership.role === 'coordinator'
    if (node.life === 'dead' && isMeetingPoint) world.restart(node.id)
  }
  advance(REST_MS)
  for (const problem of problemsAtRest(world)) problems.add(problem)
  return { problems: [...problems], traceHash: world.traceHash() }
}
