import type { ClusterDefinition } from '@muster/contexts/wire/clusters.ts'
import { until } from '../until.ts'
import { createLab, type Lab, type LabCloud, type LabHost } from './lab.ts'
import { createMeshRig, type MeshRig, PATIENCE, placeName, resolvedBy, viewOf } from './mesh-rig.ts'
import type { RigMachine } from './rig-machine.ts'

/** A proxy in each cloud, one head, and workers: what a cluster for analysis looks like. */
export const DEFINITION: ClusterDefinition = {
  services: [
    { name: 'proxy', kind: 'per-cloud', provides: [{ name: 'http', port: 3128 }] },
    { name: 'head', kind: 'singleton', provides: [{ name: 'http', port: 8000 }], demand: { source: 'none' } },
    { name: 'worker', kind: 'scalable' },
  ],
  clouds: [{ name: 'a' }, { name: 'b' }, { name: 'home' }, { name: 'island' }],
}

/** Agents that start at once: more would wait for each other's processors. */
const STARTED_TOGETHER = 4

/** A lab with a cluster over all its clouds. */
export interface MeshWorld {
  readonly lab: Lab
  readonly rig: MeshRig
  /** By name of the host. @throws when there is none */
  machine(name: string): RigMachine
  host(name: string): LabHost
  /** Starts machines, a few at a time, and waits until they are members. */
  add(wanted: readonly (readonly [cloud: string, name: string, service: string])[]): Promise<void>
  remove(): Promise<void>
}

/** Makes the clouds, of those of the definition, and the coordinator, which stands in cloud `a`. */
export async function createMeshWorld(clouds: readonly LabCloud[]): Promise<MeshWorld> {
  const lab = createLab(clouds)
  const hosts = new Map<string, LabHost>()
  const addHost = (cloud: string, name: string) => {
    const host = lab.addHost(cloud, name)
    hosts.set(name, host)
    return host
  }
  try {
    const rig = await createMeshRig({ host: addHost('a', 'coordinator'), definition: DEFINITION })
    return {
      lab,
      rig,
      machine: (name) =>
        found(
          rig.machines.find((machine) => machine.name === name),
          name,
        ),
      host: (name) => found(hosts.get(name), name),
      async add(wanted) {
        for (let at = 0; at < wanted.length; at += STARTED_TOGETHER) {
          const together = wanted.slice(at, at + STARTED_TOGETHER)
          const added = await Promise.all(
            together.map(([cloud, name, service]) => rig.addMachine(addHost(cloud, name), service)),
          )
          await Promise.all(added.map((machine) => rig.joined(machine)))
        }
      },
      async remove() {
        await rig.remove()
        await lab.remove()
      },
    }
  } catch (error) {
    await lab.remove()
    throw error
  }
}

/** Resolves when the observer sees each of the others with one of the statuses; `unknown` when it does not see it at all. */
export async function sees(
  observer: RigMachine,
  others: readonly RigMachine[],
  ...statuses: readonly string[]
): Promise<void> {
  const wanted = others.filter((other) => other !== observer).map(({ place }) => placeName(place))
  let last: ReadonlyMap<string, string> = new Map()
  const look = async () => {
    last = await viewOf(observer)
    return wanted.every((place) => statuses.includes(last.get(place) ?? 'unknown')) ? true : undefined
  }
  await until(`${observer.name} to see others ${statuses.join(' or ')}`, look, PATIENCE).catch(
    async (error: unknown) => {
      const account = await accountOf(observer)
      throw new Error(`${String(error)}; wanted ${wanted.join(' ')}; it sees ${JSON.stringify([...last])}\n${account}`)
    },
  )
}

/** Lines of a trace that tell how it came to what is seen. */
const TOLD_LINES = 60

/** What a machine says of its connections and of what happened last. */
async function accountOf(machine: RigMachine): Promise<string> {
  const members = (await machine.members())?.members ?? []
  const trace = await machine.trace()
  return [
    ...members.map((member) => `${placeName(member)} ${member.peer} ${JSON.stringify(member.connection)}`),
    ...trace.slice(-TOLD_LINES).map(({ at, event, peer, text }) => `${at} ${event} ${peer} ${text}`),
  ].join('\n')
}

/** Resolves when all see each other alive. */
export async function allSee(machines: readonly RigMachine[]): Promise<void> {
  await Promise.all(machines.map((machine) => sees(machine, machines, 'alive')))
}

/** Whom any of the machines has held for gone since then, with the time and its words. @param since - epoch milliseconds */
export async function mournedSince(machines: readonly RigMachine[], since: number): Promise<readonly string[]> {
  const traces = await Promise.all(machines.map((machine) => machine.trace()))
  const recent = traces.flat().filter(({ at, event }) => event === 'gone' && Date.parse(at) >= since)
  return recent.map(({ at, peer, text }) => `${at} ${peer} ${text}`)
}

/** Resolves when a machine resolves a service to what `isWanted` accepts. */
export async function resolves(
  machine: RigMachine,
  service: string,
  isWanted: (addresses: readonly string[]) => boolean,
): Promise<void> {
  let last: readonly string[] = []
  const look = async () => {
    last = await resolvedBy(machine, service)
    return isWanted(last) ? true : undefined
  }
  await until(`${machine.name} to find ${service}`, look, PATIENCE).catch((error: unknown) => {
    throw new Error(`${String(error)}; it has ${last.join(' ')}`)
  })
}

function found<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`the world has no ${name}`)
  return value
}
