import type { DefinedPort, DefinedService } from '../admission/definition.ts'
import type { ProbeSpec, ProbeTarget } from '../directory/probes.ts'
import type { NodeCore, OwnHealth } from './core.ts'
import { createProber, type Prober } from './prober.ts'
import { ownMembership } from './standing.ts'

const OWN_PROBES_MS = 10_000
/** It costs the others nothing, and a service that starts is found within seconds. */
const OWN_FAILED_PROBES_MS = 2_000
const LOOPBACK = '127.0.0.1'

/** The own service by the definition, if others use it and the own role may state it. */
export function ownService(core: NodeCore): DefinedService | undefined {
  const own = ownMembership(core)
  if (own === undefined || (own.role !== 'fixed' && own.role !== 'demand-owner')) return undefined
  const service = core.roster?.definition().services.find((each) => each.name === own.slot.service)
  return (service?.provides ?? []).length > 0 ? service : undefined
}

/**
 * Probes the ports of the own service. At loopback first; a program that listens at the machine's own address only is
 * tried there.
 *
 * @param onHealth - called when what is to be stated has changed
 */
export function createOwnProber(core: NodeCore, onHealth: () => void): Prober {
  const { clock, performProbe } = core.parts
  const prober: Prober = createProber({
    clock,
    everyMs: OWN_PROBES_MS,
    failedEveryMs: OWN_FAILED_PROBES_MS,
    async perform(spec, signal) {
      if (await performProbe(spec, signal).catch(() => false)) return true
      const address = addressOf(core)
      if (spec.type === 'command' || address === undefined || address === spec.address) return false
      return performProbe({ ...spec, address }, signal)
    },
    onResult() {
      core.health = healthOf(prober, clock.now())
      onHealth()
    },
  })
  return prober
}

/** IP address at which others of the cloud reach this machine's programs, as far as it is known. */
export function addressOf(core: NodeCore): string | undefined {
  const { host, userAddress } = core.parts
  const listened = host.addresses().flatMap((address) => /^\/ip[46]\/([^/]+)\//.exec(address)?.[1] ?? [])
  return userAddress() ?? listened.find((address) => !isLoopback(address)) ?? listened[0]
}

/** What to probe of the own service. */
export function ownTargets(core: NodeCore): readonly ProbeTarget[] {
  const ports = ownService(core)?.provides ?? []
  return ports.flatMap((port) => {
    const spec = specOf(port, LOOPBACK, port.port)
    return spec === undefined ? [] : [{ id: port.name, spec }]
  })
}

/** The probe of a port at an address; undefined for one without a probe. */
export function specOf({ probe }: DefinedPort, address: string, port: number): ProbeSpec | undefined {
  switch (probe?.type) {
    case 'tcp':
      return { type: 'tcp', address, port }
    case 'http':
      return { type: 'http', address, port, path: probe.path }
    case 'command':
      return { type: 'command', argv: probe.command }
    default:
      return undefined
  }
}

/** One port that fails makes the service fail; it passes when all do. */
function healthOf(prober: Prober, probedAt: number): OwnHealth {
  const healths = new Set(prober.runs().map((run) => run.health))
  if (healths.has('failing')) return { health: 'failing', probedAt }
  return { health: healths.has('unknown') || healths.size === 0 ? 'unknown' : 'passing', probedAt }
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1'
}
