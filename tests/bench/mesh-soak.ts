import { loadavg } from 'node:os'
import type { ClusterDefinition } from '@muster/contexts/wire/clusters.ts'
import { systemClock } from '@muster/runtime/clock.ts'
import { createLab, type Lab, type LabHost } from '../rig/lab.ts'
import { createMeshRig, type MeshRig } from '../rig/mesh-rig.ts'
import { labMissing } from '../rig/namespaces.ts'
import type { RigMachine } from '../rig/rig-machine.ts'
import { type ProcessUsage, processUsage } from './process-usage.ts'
import type { Benchmark, BenchResult } from './report.ts'
import { shippedAgent } from './shipped-agent.ts'
import { median } from './statistics.ts'

const CLOUD = 'a'
const DEFINITION: ClusterDefinition = {
  services: [
    { name: 'proxy', kind: 'per-cloud', provides: [{ name: 'http', port: 3128 }] },
    { name: 'worker', kind: 'scalable' },
  ],
  clouds: [{ name: CLOUD }],
}
/** What a cluster has of fixed services beside its workers: each is a publisher whom everybody follows. */
const PROXIES = 2
/** So many that some agent has 20 connections, for which its memory is agreed. */
const WORKERS = 30
const AGENTS = PROXIES + WORKERS
const STARTED_TOGETHER = 4
/** Members compare their records often at first: after three minutes as seldom as they will. */
const SETTLE_MS = 3 * 60_000
const WINDOW_MS = { full: 30 * 60_000, quick: 3 * 60_000 } as const
const FULL_RUNS = 10
const TOLD_EVERY_MS = 5 * 60_000
/** What an idle agent may have of its machine. */
const LIMITS = { rssMB: 85, growthMB: 2, cpuPercent: 1, receivedBytesPerSecond: 300 } as const
const MIB_IN_MB = 1.048_576

/** What agents of a mesh need while nothing happens, and whether it grows. */
export const meshSoak: Benchmark = {
  name: 'soak',
  title: 'Agents of a mesh in which nothing happens',
  missing: labMissing,
  async run({ runs, minutes, say }) {
    const usualMs = runs < FULL_RUNS ? WINDOW_MS.quick : WINDOW_MS.full
    const windowMs = minutes === undefined ? usualMs : minutes * 60_000
    using agent = await shippedAgent()
    const lab = createLab([{ name: CLOUD }])
    try {
      const host = lab.addHost(CLOUD, 'coordinator')
      const rig = await createMeshRig({ host, definition: DEFINITION, agent: agent.argv })
      try {
        say(`soak: starting ${AGENTS} agents`)
        const hosts = await start(lab, rig)
        await systemClock.sleep(SETTLE_MS)
        say(`soak: watching for ${windowMs / 60_000} minutes`)
        return await watch(rig, hosts, windowMs, say)
      } finally {
        await rig.remove()
      }
    } finally {
      await lab.remove()
    }
  },
}

/** The fixed services, then the workers, as many at once as processors bear. */
async function start(lab: Lab, rig: MeshRig): Promise<ReadonlyMap<string, LabHost>> {
  const hosts = new Map<string, LabHost>()
  const add = async (name: string, service: string) => {
    const host = lab.addHost(CLOUD, name)
    hosts.set(name, host)
    await rig.joined(await rig.addMachine(host, service))
  }
  const many = (service: string, count: number) =>
    Array.from({ length: count }, (_, index) => [service, index] as const)
  const all = [...many('proxy', PROXIES), ...many('worker', WORKERS)]
  for (let at = 0; at < all.length; at += STARTED_TOGETHER) {
    const group = all.slice(at, at + STARTED_TOGETHER)
    await Promise.all(group.map(([service, index]) => add(`${service}-${index}`, service)))
  }
  return hosts
}

async function watch(
  rig: MeshRig,
  hosts: ReadonlyMap<string, LabHost>,
  windowMs: number,
  say: (line: string) => void,
): Promise<BenchResult> {
  const busiest = await mostConnected(rig.machines)
  if (busiest === undefined) throw new Error('the machines of the soak are missing')
  const look = (): ReadonlyMap<string, Look> =>
    new Map(rig.machines.map((machine) => [machine.name, lookAt(machine, hosts.get(machine.name))]))
  const before = look()
  /** Sleeps for one half of the window, and tells now and then how it goes. */
  const half = async (from: ReadonlyMap<string, Look>) => {
    const steps = Math.ceil(windowMs / 2 / TOLD_EVERY_MS)
    let last = from
    for (let step = 0; step < steps; step++) {
      await systemClock.sleep(windowMs / 2 / steps)
      const now = look()
      say(wordsOf(now, last, before))
      last = now
    }
    return last
  }
  const midway = await half(before)
  const after = await half(midway)
  const usage = new Map([...after.keys()].map((name) => [name, usageOf(name, [before, midway, after])]))
  const idle = medianOf([...usage].filter(([name]) => name.startsWith('worker')).map(([, each]) => each))
  const most = usage.get(busiest.machine.name) ?? idle
  const { rssMB, growthMB, cpuPercent, receivedBytesPerSecond } = LIMITS
  return {
    name: meshSoak.name,
    title: meshSoak.title,
    rows: [
      { what: `median of ${WORKERS} workers`, numbers: idle },
      { what: `${busiest.machine.name}, most connected`, numbers: most },
    ],
    targets: [
      atMost(`RSS of an agent with ${busiest.connections} connections ≤ ${rssMB} MB`, most['RSS MB at the end'], rssMB),
      atMost(`it grows in the second half by ≤ ${growthMB} MB`, idle['growth MB, second half'], growthMB),
      atMost(`CPU of that agent ≤ ${cpuPercent} % of a core`, most['CPU %'], cpuPercent),
      atMost(
        `an idle worker receives ≤ ${receivedBytesPerSecond} bytes/s`,
        idle['received bytes/s'],
        receivedBytesPerSecond,
      ),
    ],
    notes: [
      `${PROXIES} proxies and ${WORKERS} workers, each the shipped executable in memory (its pages are mapped as they are on ordinary disks), and a coordinator, in one segment; watched for ${windowMs / 1000} s after ${SETTLE_MS / 1000} s of rest`,
      `the one that is shown beside the median is the agent with most connections (${busiest.connections})`,
      'bytes are those of the network card, with all headers; RSS counts pages that all agents share, PSS divides them',
      `load of the machine at the end: ${loadavg()[0]?.toFixed(1)}`,
    ],
  }
}

/** How the workers are doing: since the last look, and at what minute. */
function wordsOf(
  now: ReadonlyMap<string, Look>,
  last: ReadonlyMap<string, Look>,
  first: ReadonlyMap<string, Look>,
): string {
  const names = [...now.keys()].filter((name) => name.startsWith('worker'))
  const usage = medianOf(names.map((name) => usageOf(name, [last, now, now])))
  const [name = ''] = names
  const minute = ((now.get(name)?.at ?? 0) - (first.get(name)?.at ?? 0)) / 60_000
  const [rss, cpu, bytes] = [usage['RSS MB at the end'], usage['CPU %'], usage['received bytes/s']]
  return `soak: minute ${minute.toFixed(0)}: median worker ${rss.toFixed(1)} MB, ${cpu.toFixed(2)} %, ${bytes.toFixed(0)} B/s`
}

async function mostConnected(machines: readonly RigMachine[]) {
  let found: { readonly machine: RigMachine; readonly connections: number } | undefined
  for (const machine of machines) {
    const members = (await machine.members())?.members ?? []
    const connections = members.filter(({ connection }) => connection !== undefined).length
    if (connections > (found?.connections ?? -1)) found = { machine, connections }
  }
  return found
}

/** One machine at one moment. */
interface Look extends ProcessUsage {
  /** Monotonic, in milliseconds. */
  readonly at: number
  /** Received since its card was made. */
  readonly bytes: number
}

function lookAt(machine: RigMachine, host: LabHost | undefined): Look {
  const bytes = host?.receivedBytes() ?? Number.NaN
  return { at: performance.now(), bytes, ...processUsage(machine.program().pid) }
}

type Usage = Readonly<Record<(typeof COLUMNS)[number], number>>

const COLUMNS = [
  'RSS MB at first',
  'RSS MB at the end',
  'growth MB, second half',
  'PSS MB at the end',
  'CPU %',
  'CPU %, second half',
  'received bytes/s',
] as const

function usageOf(name: string, looks: readonly ReadonlyMap<string, Look>[]): Usage {
  const [before, midway, after] = looks.map((look) => look.get(name))
  if (before === undefined || midway === undefined || after === undefined) throw new Error(`${name} is not there`)
  const seconds = (after.at - before.at) / 1000
  return {
    'RSS MB at first': before.rssMiB * MIB_IN_MB,
    'RSS MB at the end': after.rssMiB * MIB_IN_MB,
    'growth MB, second half': (after.rssMiB - midway.rssMiB) * MIB_IN_MB,
    'PSS MB at the end': after.pssMiB * MIB_IN_MB,
    'CPU %': (after.cpuMs - before.cpuMs) / seconds / 10,
    'CPU %, second half': ((after.cpuMs - midway.cpuMs) / Math.max(1, after.at - midway.at)) * 100,
    'received bytes/s': (after.bytes - before.bytes) / seconds,
  }
}

function medianOf(all: readonly Usage[]): Usage {
  const column = (name: (typeof COLUMNS)[number]) => median(all.map((usage) => usage[name]))
  return {
    'RSS MB at first': column('RSS MB at first'),
    'RSS MB at the end': column('RSS MB at the end'),
    'growth MB, second half': column('growth MB, second half'),
    'PSS MB at the end': column('PSS MB at the end'),
    'CPU %': column('CPU %'),
    'CPU %, second half': column('CPU %, second half'),
    'received bytes/s': column('received bytes/s'),
  }
}

function atMost(wish: string, measured: number, limit: number) {
  return { wish, measured, isMet: measured <= limit }
}
