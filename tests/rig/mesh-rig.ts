import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ClusterDefinition } from '@muster/contexts/wire/clusters.ts'
import { until } from '../until.ts'
import { type RigCoordinator, startRigCoordinator } from './rig-coordinator.ts'
import type { RigHost } from './rig-host.ts'
import { createRigMachine, type RigMachine, type RigPlace } from './rig-machine.ts'

/** A cluster of real programs: a coordinator, and agents that join by the sections it gives out. */
export interface MeshRig {
  readonly cluster: string
  readonly coordinator: RigCoordinator
  readonly machines: readonly RigMachine[]
  /** Authorizes a machine, and starts its agent on a host. @param slot - taken anew when it is held */
  addMachine(host: RigHost, service: string, slot?: number): Promise<RigMachine>
  /** Resolves when the machine is a member. */
  joined(machine: RigMachine): Promise<void>
  /** Stops all programs and removes their files. */
  remove(): Promise<void>
}

/** What a rig is made from. */
export interface MeshRigParts {
  /** For the coordinator. */
  readonly host: RigHost
  readonly definition: ClusterDefinition
  /** Program and first arguments of the agents. @default the launcher of this checkout */
  readonly agent?: readonly string[]
}

/**
 * Generous: everything shares a few processors with other tests. A look asks an agent, and many are waited for at once:
 * at a closer interval the looks would keep all processors busy, and what is waited for would come later.
 */
export const PATIENCE = { timeoutMs: 150_000, everyMs: 250 } as const

/** Starts the coordinator and makes the cluster. Close the hosts after the rig. */
export async function createMeshRig(parts: MeshRigParts): Promise<MeshRig> {
  // Short: the control sockets below it have names of at most 107 bytes.
  const folder = mkdtempSync(join(tmpdir(), 'muster-rig-'))
  mkdirSync(join(folder, 'coordinator'))
  const coordinator = await startRigCoordinator(parts.host, join(folder, 'coordinator'))
  const { api } = coordinator.person
  const { id: cluster } = (await api.clusters.create({ name: 'rig', ...parts.definition })).value
  const machines: RigMachine[] = []
  return {
    cluster,
    coordinator,
    machines,
    async addMachine(host, service, slot) {
      const wish = { service, cloud: host.cloud, ...(slot === undefined ? {} : { slot }) }
      const authorized = await api.clusters.authorize(cluster, wish)
      const { section } = authorized
      const place = { service, cloud: host.cloud, slot: authorized.slot, generation: authorized.generation }
      const agent = parts.agent === undefined ? {} : { agent: parts.agent }
      const machine = createRigMachine({ host, place, folder, cluster, section, ...agent })
      machines.push(machine)
      return machine
    },
    async joined(machine) {
      const look = async () => {
        const said = await machine.members()
        return said?.standing.phase === 'member' ? true : undefined
      }
      await until(`${machine.name} to be a member`, look, PATIENCE)
    },
    async remove() {
      await Promise.all(machines.map((machine) => machine.kill()))
      await coordinator.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Name of a machine's place, as the tests compare it. */
export function placeName({ service, cloud, slot, generation }: RigPlace): string {
  return `${service}/${cloud}/${slot}/${generation}`
}

/** Places of all members by how a machine sees them, itself left out. */
export async function viewOf(machine: RigMachine): Promise<ReadonlyMap<string, string>> {
  const said = await machine.members()
  const others = (said?.members ?? []).filter(({ isSelf }) => !isSelf)
  return new Map(others.map((member) => [placeName(member), member.status]))
}

/** Addresses of a service, best first, as a machine resolves it. */
export async function resolvedBy(machine: RigMachine, service: string): Promise<readonly string[]> {
  const said = await machine.services()
  return said?.services.find((one) => one.service === service)?.answers.map(({ address }) => address) ?? []
}
