import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ClusterDefinition, ServiceProbe } from '@muster/contexts/wire/clusters.ts'
import { DEFAULT_PROBE_OPTIONS } from '@muster/mesh/directory/probes.ts'
import type { TraceLine } from '@muster/vm-agent/directory/control-messages.ts'
import { until } from '../until.ts'
import type { Fleet, FleetNotice } from './fleet.ts'
import type { LabHost } from './lab.ts'
import { createMeshRig, PATIENCE } from './mesh-rig.ts'
import type { RigMachine } from './rig-machine.ts'

/** What a fleet of agents is made from. */
export interface MusterFleetParts {
  /** For the coordinator, which admits the agents and is none of them. */
  readonly coordinator: LabHost
  /** Program and first arguments of the agents. @default the launcher of this checkout */
  readonly agent?: readonly string[]
}

/** The service that speaks up; all others have one without a probe. */
const SPEAKER = 'bell'
/** Passes in a row that make a service pass. */
const PASSES = DEFAULT_PROBE_OPTIONS.passes

let fleets = 0

/**
 * Agents of Muster that are all members with a fixed service, so that each follows all others, as nodes of serf do. What
 * one says to all is that its service works now: the agent that started first has a service with a probe.
 */
export async function createMusterFleet({ coordinator, agent }: MusterFleetParts): Promise<Fleet> {
  fleets += 1
  const marker = join(tmpdir(), `muster-bell-${process.pid}-${fleets}`)
  const cloud = coordinator.cloud
  const parts = { host: coordinator, definition: definitionWith(marker, cloud) }
  const rig = await createMeshRig(agent === undefined ? parts : { ...parts, agent })
  const machines = new Map<string, RigMachine>()
  const board = createBoard()
  const stopped = new AbortController()
  return {
    name: 'muster',
    get pids() {
      return new Map(Array.from(machines, ([name, machine]) => [name, machine.program().pid]))
    },
    async start(host) {
      const service = machines.size === 0 ? SPEAKER : 'proxy'
      const machine = await rig.addMachine(host, service)
      machines.set(host.name, machine)
      board.name(await peerOf(machine), host.name)
      // It ends when the agent does, which may be killed.
      void machine.followTrace((entry) => board.take(entry, host.name), stopped.signal).catch(() => undefined)
    },
    async announce(host) {
      const [speaker] = machines.keys()
      if (speaker !== host.name) throw new Error(`${host.name} has nothing to say`)
      writeFileSync(marker, '')
      const passedAt = await until('the probe to pass', () => passes(marker)[PASSES - 1], PATIENCE)
      // At its second pass the agent says so; its own view of the service follows later.
      board.tell({ type: 'event', observer: host.name, about: SPEAKER, at: passedAt - performance.timeOrigin })
      return SPEAKER
    },
    onNotice: board.listen,
    async stop() {
      stopped.abort()
      await rig.remove()
      rmSync(marker, { force: true })
    },
  }
}

/** The probe fails until the marker is there, and writes down when it passes. */
function definitionWith(marker: string, cloud: string): ClusterDefinition {
  const command = ['/bin/sh', '-c', `test -e ${marker} && date +%s%3N >> ${marker}`]
  const probe: ServiceProbe = { type: 'command', command }
  return {
    services: [
      { name: SPEAKER, kind: 'singleton', provides: [{ name: 'http', port: 8000, probe }] },
      { name: 'proxy', kind: 'per-cloud', provides: [{ name: 'http', port: 3128 }] },
    ],
    clouds: [{ name: cloud }],
  }
}

/** Epoch milliseconds. */
function passes(marker: string): readonly number[] {
  const lines = readFileSync(marker, 'utf8').split('\n').slice(0, -1)
  return lines.map(Number)
}

async function peerOf(machine: RigMachine): Promise<string> {
  const look = async () => (await machine.members())?.members.find(({ isSelf }) => isSelf)?.peer
  return await until(`${machine.name} to be a member`, look, PATIENCE)
}

/** Entries of traces as notices. Those about an agent whose name is not known yet wait for it. */
function createBoard() {
  const listeners = new Set<(notice: FleetNotice) => void>()
  const names = new Map<string, string>()
  const waiting = new Map<string, FleetNotice[]>()
  /** The first that has a name; its own view of its service comes after it has spoken. */
  let speaker: string | undefined
  const tell = (notice: FleetNotice) => {
    for (const listener of listeners) listener(notice)
  }
  return {
    tell,
    listen(listener: (notice: FleetNotice) => void) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    name(peer: string, name: string) {
      speaker ??= name
      names.set(peer, name)
      for (const notice of waiting.get(peer) ?? []) tell({ ...notice, about: name })
      waiting.delete(peer)
    },
    take({ event, peer = '', text }: TraceLine, observer: string) {
      const at = performance.now()
      const isEvent = event === 'answers' && text.startsWith(`${SPEAKER}:`) && observer !== speaker
      if (isEvent) tell({ type: 'event', observer, about: SPEAKER, at })
      const type = event === 'alive' ? 'joined' : event === 'gone' ? 'dead' : undefined
      if (type === undefined) return
      const about = names.get(peer)
      if (about !== undefined) tell({ type, observer, about, at })
      else waiting.set(peer, [...(waiting.get(peer) ?? []), { type, observer, about: peer, at }])
    },
  }
}
