import { loadavg } from 'node:os'
import type { Fleet } from '../rig/fleet.ts'
import { createLab, type Lab } from '../rig/lab.ts'
import { createMusterFleet } from '../rig/muster-fleet.ts'
import { labMissing } from '../rig/namespaces.ts'
import { createSerfFleet, serfMissing } from '../rig/serf-fleet.ts'
import { type FleetFigures, type FleetWindows, measureFleet } from './measure-fleet.ts'
import type { Benchmark, BenchRow } from './report.ts'
import { shippedAgent } from './shipped-agent.ts'

const CLOUD = 'a'
const COUNTS = [10, 20, 30] as const
/** Windows; a quick look is content with less. */
const QUIET_MS = { full: 30_000, quick: 20_000 } as const
const SETTLE_MS = 10_000
/** Runs below which only a quick look was asked for. */
const FULL_RUNS = 10

/** Membership, events and failure detection of Muster and of serf, one after the other at each size. */
export const meshBesideSerf: Benchmark = {
  name: 'serf',
  title: 'A mesh of agents beside as many nodes of serf',
  missing: () => labMissing() ?? serfMissing(),
  async run({ runs, say }) {
    const isQuick = runs < FULL_RUNS
    const windows = { quietMs: isQuick ? QUIET_MS.quick : QUIET_MS.full, settleMs: SETTLE_MS, say }
    using agent = await shippedAgent()
    const rows: BenchRow[] = []
    const loads: string[] = []
    for (const count of isQuick ? COUNTS.slice(0, 1) : COUNTS) {
      loads.push(loadavg()[0]?.toFixed(1) ?? '')
      const serf = await inLab(async () => createSerfFleet(), count, windows)
      const muster = await inLab(
        (lab) => createMusterFleet({ coordinator: lab.addHost(CLOUD, 'coordinator'), agent: agent.argv }),
        count,
        windows,
      )
      rows.push(...rowsOf(count, muster, serf))
    }
    return {
      name: meshBesideSerf.name,
      title: meshBesideSerf.title,
      rows,
      targets: [],
      notes: [
        'each node is a process in a network namespace of its own, all in one segment; started four at a time; what each tells is taken when this process hears it',
        'muster: all nodes have a fixed service, so that each follows all others, as in serf; the agents run as their executable; one coordinator more admits them',
        'join: from the first start until each has heard of each; settle: from when the last program was up (serf: runs; muster: is a member); a part of join is to start the programs, and to authorize the agents',
        'event: from its origin’s own notice to the last other’s: serf: a user event; muster: a service whose probe passes',
        `bytes, CPU and memory: medians of all nodes over ${windows.quietMs / 1000} s in which nothing happens; bytes with all headers, as the network card counts them`,
        `load of the machine before each size: ${loads.join(', ')}; a ratio is Muster’s figure by serf’s`,
      ],
    }
  },
}

async function inLab(
  createFleet: (lab: Lab) => Promise<Fleet>,
  count: number,
  windows: FleetWindows,
): Promise<FleetFigures> {
  const lab = createLab([{ name: CLOUD }])
  try {
    const fleet = await createFleet(lab)
    try {
      const hosts = Array.from({ length: count }, (_, index) => lab.addHost(CLOUD, `node-${index}`))
      return await measureFleet(fleet, { lab, hosts }, windows)
    } finally {
      await fleet.stop()
    }
  } finally {
    await lab.remove()
  }
}

/** A figure that is missing has no number. */
function rowsOf(count: number, muster: FleetFigures, serf: FleetFigures): readonly BenchRow[] {
  const figures: readonly (readonly [string, (one: FleetFigures) => number | undefined])[] = [
    ['join, ms', (one) => one.joinMs],
    ['settle, ms', (one) => one.settleMs],
    ['event to all, ms', (one) => one.eventMs],
    ['killed: first knows, ms', (one) => one.killed?.first],
    ['killed: median, ms', (one) => one.killed?.median],
    ['killed: last, ms', (one) => one.killed?.last],
    ['unplugged: first knows, ms', (one) => one.unplugged?.first],
    ['unplugged: median, ms', (one) => one.unplugged?.median],
    ['unplugged: last, ms', (one) => one.unplugged?.last],
    ['idle: received bytes/s', (one) => one.receivedBytesPerSecond],
    ['idle: CPU, % of a core', (one) => one.cpuPercent],
    ['memory: RSS, MiB', (one) => one.rssMiB],
    ['memory: PSS, MiB', (one) => one.pssMiB],
  ]
  return figures.map(([what, of]) => {
    const [ours, theirs] = [of(muster), of(serf)]
    const numbers: Record<string, number> = {}
    if (ours !== undefined) numbers['muster'] = ours
    if (theirs !== undefined) numbers['serf'] = theirs
    if (ours !== undefined && theirs !== undefined && theirs > 0) numbers['ratio'] = ours / theirs
    const isMissing = ours === undefined || theirs === undefined
    return { what: `${count} nodes: ${what}${isMissing ? ' (missing: not measured)' : ''}`, numbers }
  })
}
