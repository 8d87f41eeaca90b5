import { systemClock } from '@muster/runtime/clock.ts'
import type { Fleet, FleetNotice } from '../rig/fleet.ts'
import type { Lab, LabHost } from '../rig/lab.ts'
import { until } from '../until.ts'
import { processUsage } from './process-usage.ts'
import { median } from './statistics.ts'

/** What was measured of one fleet; undefined is what could not be measured. */
export interface FleetFigures {
  /** From the first start until every node has heard of every other. */
  readonly joinMs: number | undefined
  /** From when the last program was up until then. */
  readonly settleMs: number | undefined
  /** From when its origin knows it until the last of the others does. */
  readonly eventMs: number | undefined
  readonly killed: Detection | undefined
  readonly unplugged: Detection | undefined
  /** Medians of all nodes in a window in which nothing happens. */
  readonly receivedBytesPerSecond: number | undefined
  readonly cpuPercent: number | undefined
  readonly rssMiB: number | undefined
  readonly pssMiB: number | undefined
}

/** From the end of a node until others know, in milliseconds. */
export interface Detection {
  readonly first: number
  readonly median: number
  readonly last: number
}

/** How long to wait and look. */
export interface FleetWindows {
  readonly quietMs: number
  readonly settleMs: number
  say(line: string): void
}

/** Nodes that start at once: each needs a processor for a while. */
const STARTED_TOGETHER = 4
const LIMITS = { join: 240_000, event: 60_000, death: 90_000 } as const

/** Measures a fleet, one thing after the other, each with all nodes there; two of them are gone at the end. */
export async function measureFleet(
  fleet: Fleet,
  { lab, hosts }: { readonly lab: Lab; readonly hosts: readonly LabHost[] },
  windows: FleetWindows,
): Promise<FleetFigures> {
  const notices: FleetNotice[] = []
  const stop = fleet.onNotice((notice) => notices.push(notice))
  const [origin, ...others] = hosts
  const [killed, unplugged, ...rest] = others.toReversed()
  if (origin === undefined || killed === undefined || unplugged === undefined) throw new Error('too few hosts')
  const attempt = async <T>(what: string, measure: () => Promise<T>): Promise<T | undefined> => {
    try {
      windows.say(`${fleet.name}, ${hosts.length} nodes: ${what}`)
      return await measure()
    } catch (error) {
      windows.say(`${fleet.name}: ${what}: ${error instanceof Error ? error.message : String(error)}`)
      return undefined
    }
  }
  try {
    const join = await attempt('join', () => measureJoin(fleet, hosts, notices))
    await systemClock.sleep(windows.settleMs)
    const quiet = await attempt('quiet window', () => measureQuiet(fleet, hosts, windows.quietMs))
    const eventMs = await attempt('event', () => measureEvent(fleet, { origin, others, notices }))
    const watchers = [origin, ...rest]
    const death = await attempt('a process dies', () =>
      measureDeath({ victim: killed, watchers: [...watchers, unplugged], notices }, () => end(fleet, killed)),
    )
    await systemClock.sleep(windows.settleMs)
    const silence = await attempt('a host is unplugged', () =>
      measureDeath({ victim: unplugged, watchers, notices }, () => lab.unplug(unplugged)),
    )
    return {
      joinMs: join?.joinMs,
      settleMs: join?.settleMs,
      eventMs,
      killed: death,
      unplugged: silence,
      receivedBytesPerSecond: quiet?.receivedBytesPerSecond,
      cpuPercent: quiet?.cpuPercent,
      rssMiB: quiet?.rssMiB,
      pssMiB: quiet?.pssMiB,
    }
  } finally {
    stop()
  }
}

async function measureJoin(fleet: Fleet, hosts: readonly LabHost[], notices: readonly FleetNotice[]) {
  const start = performance.now()
  const [first, ...others] = hosts
  if (first !== undefined) await fleet.start(first)
  for (let at = 0; at < others.length; at += STARTED_TOGETHER) {
    await Promise.all(others.slice(at, at + STARTED_TOGETHER).map((host) => fleet.start(host)))
  }
  const upAt = performance.now()
  const wanted = hosts.flatMap(({ name: observer }) =>
    hosts.filter(({ name }) => name !== observer).map(({ name }) => `${observer} ${name}`),
  )
  const look = () => {
    const heard = firstHeard(notices, 'joined')
    return wanted.every((pair) => heard.has(pair)) ? heard : undefined
  }
  const heard = await until('all to hear of all', look, { timeoutMs: LIMITS.join })
  const last = Math.max(...wanted.map((pair) => heard.get(pair) ?? 0))
  return { joinMs: last - start, settleMs: Math.max(0, last - upAt) }
}

/** When each observer has first heard of each other, by the names of both. */
function firstHeard(notices: readonly FleetNotice[], type: FleetNotice['type']): ReadonlyMap<string, number> {
  const heard = new Map<string, number>()
  for (const notice of notices) {
    const pair = `${notice.observer} ${notice.about}`
    if (notice.type === type && !heard.has(pair)) heard.set(pair, notice.at)
  }
  return heard
}

async function measureQuiet(fleet: Fleet, hosts: readonly LabHost[], quietMs: number) {
  const look = () => {
    const at = performance.now()
    const nodes = hosts.map((host) => ({
      bytes: host.receivedBytes(),
      ...processUsage(fleet.pids.get(host.name) ?? 0),
    }))
    return { at, nodes }
  }
  const before = look()
  await systemClock.sleep(quietMs)
  const after = look()
  const seconds = (after.at - before.at) / 1000
  const perSecond = (key: 'bytes' | 'cpuMs') =>
    median(after.nodes.map((node, index) => (node[key] - (before.nodes[index]?.[key] ?? 0)) / seconds))
  return {
    receivedBytesPerSecond: perSecond('bytes'),
    // Milliseconds of a second are tenths of a percent.
    cpuPercent: perSecond('cpuMs') / 10,
    rssMiB: median(after.nodes.map(({ rssMiB }) => rssMiB)),
    pssMiB: median(after.nodes.map(({ pssMiB }) => pssMiB)),
  }
}

async function measureEvent(
  fleet: Fleet,
  {
    origin,
    others,
    notices,
  }: { readonly origin: LabHost; readonly others: readonly LabHost[]; readonly notices: readonly FleetNotice[] },
): Promise<number> {
  const since = notices.length
  const about = await fleet.announce(origin)
  const names = [origin, ...others].map(({ name }) => name)
  const look = () => {
    const heard = firstHeard(notices.slice(since), 'event')
    return names.every((name) => heard.has(`${name} ${about}`)) ? heard : undefined
  }
  const heard = await until('all to hear of an event', look, { timeoutMs: LIMITS.event })
  const own = heard.get(`${origin.name} ${about}`) ?? 0
  return Math.max(...names.map((name) => (heard.get(`${name} ${about}`) ?? 0) - own))
}

async function measureDeath(
  {
    victim,
    watchers,
    notices,
  }: { readonly victim: LabHost; readonly watchers: readonly LabHost[]; readonly notices: readonly FleetNotice[] },
  strike: () => void,
): Promise<Detection> {
  const since = notices.length
  const at = performance.now()
  strike()
  const look = () => {
    const heard = firstHeard(notices.slice(since), 'dead')
    const times = watchers.map(({ name }) => heard.get(`${name} ${victim.name}`))
    return times.every((time) => time !== undefined) ? times : undefined
  }
  const times = await until(`all to know that ${victim.name} is gone`, look, { timeoutMs: LIMITS.death })
  const delays = times.map((time) => time - at)
  return { first: Math.min(...delays), median: median(delays), last: Math.max(...delays) }
}

function end(fleet: Fleet, { name }: LabHost): void {
  const pid = fleet.pids.get(name)
  if (pid === undefined || pid === 0) throw new Error(`${name} does not run`)
  process.kill(pid, 'SIGKILL')
}
