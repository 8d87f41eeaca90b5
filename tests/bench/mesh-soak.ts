import { loadavg } from 'node:os'
import type { ClusterDefinition } from '@muster/contexts/wire/clusters.ts'
import { systemClock } from '@muster/runtime/clock.ts'
import { createLab, type Lab, type LabHost } from '../rig/lab.ts'
import { createMeshRig, type MeshRig } from '../rig/mesh-rig.ts'
import { labMissing } from '../rig/namespaces.ts'
import type { RigMachine } from '../rig/rig-machine.ts'
import { bundleAgent } from './bundled-agent.ts'
import { type ProcessUsage, processUsage } from './process-usage.ts'
import type { Benchmark, BenchResult } from './report.ts'

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
const WORKERS = 19
const AGENTS = PROXIES + WORKERS
const STARTED_TOGETHER = 4
const SETTLE_MS = 60_000
const WINDOW_MS = { full: 30 * 60_000, quick: 3 * 60_000 } as const
const FULL_RUNS = 10
/** What an idle agent may have of its machine. */
const LIMITS = { rssMB: 85, cpuPercent: 1, receivedBytesPerSecond: 300 } as const
const MIB_IN_MB = 1.048_576

/** What agents of a mesh need while nothing happens, and whether it grows. */
export const meshSoak: Benchmark = {
  name: 'soak',
  title: 'Agents of a mesh in which nothing happens',
  missing: labMissing,
  async run({ runs, say }) {
    const windowMs = runs < FULL_RUNS ? WINDOW_MS.quick : WINDOW_MS.full
    using bundle = await bundleAgent()
    const lab = createLab([{ name: CLOUD }])
    try {
      const host = lab.addHost(CLOUD, 'coordinator')
      const rig = await createMeshRig({ host, definition: DEFINITION, agent: bundle.argv })
      try {
        say(`soak: starting ${AGENTS} agents`)
        const hosts = await start(lab, rig)
        await systemClock.sleep(SETTLE_MS)
        say(`soak: watching for ${windowMs / 60_000} minutes`)
        return await watch(rig, hosts, windowMs)
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

async function watch(rig: MeshRig, hosts: ReadonlyMap<string, LabHost>, windowMs: number): Promise<BenchResult> {
  const worker = rig.machines.find(({ name }) => name === 'worker-0')
  const busiest = await mostConnected(rig.machines)
  if (worker === undefined || busiest === undefined) throw new Error('the machines of the soak are missing')
  const look = () =>
    [worker, busiest.machine].map(({ name, program }) => ({
      name,
      at: performance.now(),
      bytes: hosts.get(name)?.receivedBytes() ?? Number.NaN,
      ...processUsage(program().pid),
    }))
  const before = look()
  await systemClock.sleep(windowMs)
  const after = look()
  const rows = after.map((end, index) => rowOf(before[index] ?? end, end))
  const [idle, most] = rows
  const last = most?.numbers
  const bytes = idle?.numbers['received bytes/s'] ?? Number.NaN
  const { rssMB, cpuPercent, receivedBytesPerSecond } = LIMITS
  return {
    name: meshSoak.name,
    title: meshSoak.title,
    rows,
    targets: [
      atMost(
        `RSS of an agent with ${busiest.connections} connections ≤ ${rssMB} MB`,
        last?.['RSS MB at the end'],
        rssMB,
      ),
      atMost(`CPU of that agent ≤ ${cpuPercent} % of a core`, last?.['CPU %'], cpuPercent),
      atMost(`an idle worker receives ≤ ${receivedBytesPerSecond} bytes/s`, bytes, receivedBytesPerSecond),
    ],
    notes: [
      `${PROXIES} proxies and ${WORKERS} workers as one file each, and a coordinator, in one segment; watched for ${windowMs / 1000} s after ${SETTLE_MS / 1000} s of rest`,
      `the two that are shown: the worker that was started first, and the agent with most connections (${busiest.connections})`,
      'bytes are those of the network card, with all headers; RSS counts pages that all agents share, PSS divides them',
      `load of the machine at the end: ${loadavg()[0]?.toFixed(1)}`,
    ],
  }
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

type Look = ProcessUsage & { readonly name: string; readonly at: number; readonly bytes: number }

function rowOf(before: Look, after: Look) {
  const seconds = (after.at - before.at) / 1000
  return {
    what: after.name,
    numbers: {
      'RSS MB at first': before.rssMiB * MIB_IN_MB,
      'RSS MB at the end': after.rssMiB * MIB_IN_MB,
      'PSS MB at the end': after.pssMiB * MIB_IN_MB,
      'CPU %': (after.cpuMs - before.cpuMs) / seconds / 10,
      'received bytes/s': (after.bytes - before.bytes) / seconds,
    },
  }
}

function atMost(wish: string, measured = Number.NaN, limit: number) {
  return { wish, measured, isMet: measured <= limit }
}
