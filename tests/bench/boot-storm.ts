import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createSeededRandom, type Random } from '@muster/runtime/random.ts'
import type { Benchmark, BenchResult, BenchRow } from './report.ts'
import { quantile } from './statistics.ts'
import type { StormAnswer, StormMember, StormOrder, StormPlace } from './storm-messages.ts'

const BUNDLE_BYTES = 1024 * 1024
const CLOUDS = ['north', 'south', 'west'] as const
const MEMBERS = 200
const QUICK_MEMBERS = 45
/** Connections that a member has before the storm, besides the one to its agent; each stands for two members. */
const NEIGHBORS = 2

/** 200 members of three clouds fetch one bundle at once over libp2p, beside as many direct HTTP downloads. */
export const bootStorm: Benchmark = {
  name: 'storm',
  title: 'Boot storm: all members of three clouds fetch one bundle of 1 MiB at once',
  missing: () => undefined,
  async run({ runs, say }) {
    const count = runs < 10 ? QUICK_MEMBERS : MEMBERS
    const folder = mkdtempSync(join(tmpdir(), 'muster-storm-'))
    const processes = ['coordinator', ...CLOUDS].map(startProcess)
    try {
      return await measure(processes, count, folder, say)
    } finally {
      for (const one of processes) one.stop()
      rmSync(folder, { recursive: true, force: true })
    }
  },
}

/** A process of the storm that carries out orders, one at a time. */
interface StormProcess {
  order<T extends StormOrder['type']>(
    order: StormOrder & { readonly type: T },
  ): Promise<StormAnswer & { readonly type: T }>
  stop(): void
}

async function measure(
  processes: readonly StormProcess[],
  count: number,
  folder: string,
  say: (line: string) => void,
): Promise<BenchResult> {
  const random = createSeededRandom(count)
  say(`storm: starting ${count} members in ${CLOUDS.length} processes, and the coordinator`)
  const places = placesOf(count, random)
  const nodes = await Promise.all(
    processes.map(async (one, index) => {
      const own = places[index] ?? []
      const { nodes: found } = await one.order({ type: 'open', places: own, folder: join(folder, `${index}`) })
      return own.map((place, at): StormMember => ({ ...place, peer: '', addresses: [], ...found[at] }))
    }),
  )
  await Promise.all(processes.map((one) => one.order({ type: 'join', members: nodes.flat() })))
  say('storm: connecting them')
  await Promise.all(processes.map((one, index) => one.order({ type: 'connect', links: linksOf(nodes, index, random) })))
  const [server, ...clouds] = processes
  if (server === undefined) throw new Error('no coordinator')
  const { id, url } = await server.order({ type: 'publish', contentSeed: count, bytes: BUNDLE_BYTES })
  say('storm: all download it from one HTTP server')
  const direct = await storm(processes, clouds, { type: 'download', id, url })
  say('storm: all fetch it through the mesh')
  const mesh = await storm(processes, clouds, { type: 'fetch', id })
  const { served } = await server.order({ type: 'counts' })
  return resultOf(direct, mesh, served, count)
}

function placesOf(count: number, random: Random): readonly (readonly StormPlace[])[] {
  const place = (cloud: string, isAgent: boolean): StormPlace => ({
    seed: Buffer.from(random.bytes(32)).toString('hex'),
    cloud,
    isAgent,
  })
  const clouds = CLOUDS.map((cloud, index) => {
    const size = Math.floor(count / CLOUDS.length) + (index < count % CLOUDS.length ? 1 : 0)
    return Array.from({ length: size }, (_, slot) => place(cloud, slot === 0))
  })
  return [[place('', false)], ...clouds]
}

/** A member stands in connection with its agent and some members of its cloud, an agent with the coordinator. */
function linksOf(nodes: readonly (readonly StormMember[])[], index: number, random: Random) {
  const own = nodes[index] ?? []
  const coordinator = nodes[0]?.[0]
  if (index === 0 || coordinator === undefined) return []
  const agent = own[0]
  return own.flatMap(({ peer, isAgent }, place): (readonly [string, string])[] => {
    if (isAgent || agent === undefined) return [[peer, coordinator.peer]]
    // Towards earlier ones only, so that no two dial each other at once.
    const earlier = own.slice(1, place)
    const neighbors = Array.from({ length: Math.min(NEIGHBORS, earlier.length) }, () => {
      return earlier[random.integer(earlier.length)]?.peer ?? agent.peer
    })
    return [...new Set([agent.peer, ...neighbors])].map((other) => [peer, other] as const)
  })
}

interface Storm {
  readonly totalMs: number
  readonly times: readonly number[]
  readonly failures: number
  readonly serverCpuMs: number
  readonly othersCpuMs: number
  readonly newConnections: number
}

async function storm(
  processes: readonly StormProcess[],
  clouds: readonly StormProcess[],
  order: StormOrder & { readonly type: 'fetch' | 'download' },
): Promise<Storm> {
  const count = () => Promise.all(processes.map((one) => one.order({ type: 'counts' })))
  const before = await count()
  const start = performance.now()
  const results = await Promise.all(clouds.map((one) => one.order(order)))
  const totalMs = performance.now() - start
  const after = await count()
  const cpu = after.map(({ cpuMs }, index) => cpuMs - (before[index]?.cpuMs ?? 0))
  const connections = after.map((one, index) => one.connections - (before[index]?.connections ?? 0))
  return {
    totalMs,
    times: results.flatMap(({ times }) => times),
    failures: results.reduce((sum, { failures }) => sum + failures, 0),
    serverCpuMs: cpu[0] ?? 0,
    othersCpuMs: cpu.slice(1).reduce((sum, ms) => sum + ms, 0),
    // Each has two ends.
    newConnections: connections.reduce((sum, each) => sum + each, 0) / 2,
  }
}

function resultOf(
  direct: Storm,
  mesh: Storm,
  served: readonly { readonly cloud: string; readonly blobs: number; readonly bytes: number }[],
  count: number,
): BenchResult {
  const directRow = rowOf('HTTP from one server', direct, direct.times.length, direct.times.length * BUNDLE_BYTES)
  const times = served.reduce((sum, { blobs }) => sum + blobs, 0)
  const bytes = served.reduce((sum, each) => sum + each.bytes, 0)
  const meshRow = rowOf('mesh', mesh, times, bytes)
  const ratios = Object.entries(meshRow.numbers).map(([name, value]) => [name, value / (directRow.numbers[name] || 1)])
  const most = Math.max(0, ...served.map(({ blobs }) => blobs))
  return {
    name: 'storm',
    title: `${bootStorm.title} (${count} members)`,
    rows: [directRow, meshRow, { what: 'mesh / HTTP', numbers: Object.fromEntries(ratios) }],
    targets: [
      { wish: 'the coordinator serves a cloud at most once', measured: most, isMet: most <= 1 },
      { wish: 'every member gets it through the mesh', measured: mesh.times.length, isMet: mesh.failures === 0 },
    ],
    notes: [
      'times are until a member has the bundle hashed and on its disk; all members share the processors of this machine',
      `mesh: connections to the agent and to about ${2 * NEIGHBORS} members stand before; ${mesh.newConnections} more came about`,
      `processor time of all members together: ${Math.round(direct.othersCpuMs)} ms by HTTP, ${Math.round(mesh.othersCpuMs)} ms by mesh`,
      'loopback has no bottleneck at the server: with one, HTTP takes the time that all bytes need there',
    ],
  }
}

function rowOf(
  what: string,
  { totalMs, times, failures, serverCpuMs }: Storm,
  served: number,
  bytes: number,
): BenchRow {
  return {
    what,
    numbers: {
      failed: failures,
      'served by the one': served,
      'MiB from the one': bytes / 2 ** 20,
      'cpu ms of the one': serverCpuMs,
      'total ms': totalMs,
      'p50 ms': quantile(times, 0.5),
      'p99 ms': quantile(times, 0.99),
    },
  }
}

function startProcess(): StormProcess {
  const child: ChildProcess = fork(fileURLToPath(new URL('./storm-process.ts', import.meta.url)), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  return {
    order: (order) =>
      new Promise((resolve, reject) => {
        const onExit = () => reject(new Error(`a process of the storm ended during '${order.type}'`))
        child.once('exit', onExit)
        // Orders are answered one at a time, by what has the type of the order.
        child.once('message', (answer) => {
          child.off('exit', onExit)
          resolve(answer as StormAnswer & { readonly type: typeof order.type })
        })
        child.send(order)
      }),
    stop: () => void child.kill(),
  }
}
