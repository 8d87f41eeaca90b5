import {
  deathTimes,
  falseGoneUnderLoss,
  type IdleBytes,
  idleBytes,
  idleWorld,
  newServiceTimes,
  type Receiver,
} from '../simulation/mesh/measures.ts'
import { joinStorm, movedProxy, rejoinMs } from '../simulation/mesh/scenarios.ts'
import type { Benchmark, BenchOptions, BenchRow, BenchTarget } from './report.ts'
import { quantile } from './statistics.ts'

const LOSS = 0.05
const HEAVY_LOSS = 0.25
const BYTES_LIMIT = 300
const REJOIN_HOURS = 26

/** Fewer deaths where each takes longer to simulate; two look at each. */
const DEATHS = [
  { members: 50, count: 100 },
  { members: 100, count: 50 },
  { members: 300, count: 30 },
  { members: 1_000, count: 20 },
]

interface Part {
  readonly rows: readonly BenchRow[]
  readonly targets: readonly BenchTarget[]
}

/** Everything about membership that only virtual time can measure: targets of AUTONOMY (d). */
export const meshSimulation: Benchmark = {
  name: 'mesh-simulation',
  title: 'The mesh in simulation: real state machines, virtual time',
  missing: () => undefined,
  async run(options) {
    const isQuick = options.runs < 10
    const parts: Part[] = []
    for (const [name, measure] of measures(isQuick)) {
      options.say(`mesh-simulation: ${name}`)
      parts.push(measure())
    }
    return {
      name: this.name,
      title: this.title,
      rows: parts.flatMap(({ rows }) => rows),
      targets: parts.flatMap(({ targets }) => targets),
      notes: notesOf(options),
    }
  },
}

function measures(isQuick: boolean): readonly (readonly [string, () => Part])[] {
  return [
    ...DEATHS.flatMap(({ members, count }) => {
      if (isQuick && members > 100) return []
      const looked = isQuick ? 3 : count
      return [
        [`deaths among ${members}`, () => deaths('crashed', members, looked, 2_000, 12_000)] as const,
        [`silent hosts among ${members}`, () => deaths('silent', members, looked, 10_000, 13_000)] as const,
      ]
    }),
    ['a new service', () => newService(isQuick ? 2 : 20)],
    ['a split of 26 hours', rejoin],
    ['a proxy that moves', proxy],
    ['5 % loss', () => loss(LOSS, isQuick ? 100 : 1_000, isQuick ? 2 : 10, 0)],
    ['25 % loss', () => loss(HEAVY_LOSS, isQuick ? 50 : 200, 1, 1)],
    ['idle bytes', () => bytes(isQuick ? [10, 100] : [10, 100, 1_000], isQuick ? 120 : 360)],
    ['a storm of joins', () => storm(isQuick ? 100 : 500)],
    ['speed', () => speed(isQuick ? 300 : 3_600)],
  ]
}

function notesOf({ runs }: BenchOptions): readonly string[] {
  return [
    'virtual time: the figures are those of the model (docs/reference/mesh.md), not of this machine, except the speed',
    ...(runs < 10 ? ['a quick look: fewer deaths and hours, and no cluster of 1000'] : []),
  ]
}

function target(wish: string, measured: number, limit: number): BenchTarget {
  return { wish, measured, isMet: measured <= limit }
}

function deaths(how: 'crashed' | 'silent', members: number, count: number, p50Ms: number, p99Ms: number): Part {
  const times = deathTimes(how, members, count)
  const [p50, p99] = [quantile(times, 0.5), quantile(times, 0.99)]
  return {
    rows: [
      {
        what: `${how}, known to its agent and the head, N=${members}`,
        numbers: { looks: times.length, 'p50 ms': p50, 'p99 ms': p99, 'most ms': Math.max(...times) },
      },
    ],
    targets: [
      target(`${how}, N=${members}: known after at most ${p50Ms} ms (p50)`, p50, p50Ms),
      target(`${how}, N=${members}: known after at most ${p99Ms} ms (p99)`, p99, p99Ms),
    ],
  }
}

function newService(count: number): Part {
  const times = newServiceTimes(count)
  const p99 = quantile(times, 0.99)
  const numbers = { looks: count, 'p50 ms': quantile(times, 0.5), 'p99 ms': p99 }
  return {
    rows: [{ what: 'new service, 99 % of its cloud know it, N=200', numbers }],
    targets: [target('new service seen by 99 % of the local members within 3000 ms', p99, 3_000)],
  }
}

function rejoin(): Part {
  const took = rejoinMs(REJOIN_HOURS, 3)
  return {
    rows: [{ what: 'one group again after a split of 26 h', numbers: { ms: took } }],
    targets: [target('one group at most 60000 ms after a split of 26 h', took, 60_000)],
  }
}

function proxy(): Part {
  const { leftMs, backMs } = movedProxy(83, 'silent')
  return {
    rows: [
      {
        what: 'proxy falls silent: left; its successor used by all',
        numbers: { 'left ms': leftMs, 'back ms': backMs },
      },
    ],
    targets: [
      target('workers use the next proxy within 15000 ms', leftMs, 15_000),
      target('workers use the local one again within 60000 ms', backMs, 60_000),
    ],
  }
}

function loss(share: number, wanted: number, hoursEach: number, mostPer100: number): Part {
  const { falsely, nodeHours } = falseGoneUnderLoss(share, wanted, hoursEach)
  const per100 = (100 * falsely) / nodeHours
  const what = `${share * 100} % loss`
  return {
    rows: [{ what, numbers: { 'node-hours': nodeHours, 'false gone': falsely, 'per 100 node-hours': per100 } }],
    targets: [target(`at ${what} at most ${mostPer100} false gone in 100 node-hours`, per100, mostPer100)],
  }
}

function bytes(sizes: readonly number[], seconds: number): Part {
  const found = sizes.map((members) => idleBytes(members, seconds))
  const numbersOf = ({ total, gossip, sync, pings, connections }: Receiver) => ({
    'B/s': total,
    gossip,
    sync,
    pings,
    connections,
  })
  const rowsOf = (one: IdleBytes): readonly BenchRow[] => [
    {
      what: `idle worker receives, N=${one.members}`,
      numbers: { ...numbersOf(one), 'B/s with IP': one.withHeaders },
    },
    { what: `the busiest of them, N=${one.members}`, numbers: numbersOf(one.most) },
  ]
  return {
    rows: found.flatMap(rowsOf),
    targets: found.map(({ members, total }) =>
      target(`an idle worker receives at most ${BYTES_LIMIT} B/s at N=${members}`, total, BYTES_LIMIT),
    ),
  }
}

function storm(count: number): Part {
  const { unready } = joinStorm(84, count)
  return {
    rows: [{ what: `${count} join in 60 s: not ready 30 s later`, numbers: { members: unready.length } }],
    targets: [target(`all of ${count} that join in 60 s are ready 30 s later`, unready.length, 0)],
  }
}

function speed(seconds: number): Part {
  const world = idleWorld()
  const start = performance.now()
  const startCpu = process.cpuUsage()
  world.advance(seconds * 1_000)
  const wallSeconds = (performance.now() - start) / 1_000
  const { user, system } = process.cpuUsage(startCpu)
  // Of the processor, as the machine may be busy with other things; the helpers that collect garbage count too.
  const cpuSeconds = (user + system) / 1e6
  const daysPerMinute = ((seconds / 86_400) * 60) / cpuSeconds
  const numbers = { 'days/minute': daysPerMinute, 'times real time': seconds / wallSeconds }
  return {
    rows: [{ what: 'simulator, 200 idle members, a minute of one core', numbers }],
    targets: [{ wish: 'a day of 200 members in a minute (days)', measured: daysPerMinute, isMet: daysPerMinute >= 1 }],
  }
}
