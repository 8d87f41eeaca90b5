import type { Mesh } from '@muster/mesh/node/mesh.ts'
import type { Clock } from '@muster/runtime/clock.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { Random } from '@muster/runtime/random.ts'
import type { Service } from '@muster/runtime/service.ts'
import { createControlService } from './control-service.ts'
import { createDnsService } from './dns-service.ts'
import type { Endpoint } from './endpoint.ts'
import { createMetricsService } from './metrics-service.ts'
import { createServiceFiles } from './service-files.ts'

/** What programs of this machine are told, and where. */
export interface DirectoryParts {
  readonly mesh: Mesh
  /** `runtimeDirectory(root)`: files and control socket lie there. */
  readonly runtimeDirectory: string
  /** Undefined: no DNS. */
  readonly dnsListen: Endpoint | undefined
  /** Undefined: no metrics. */
  readonly metricsListen: Endpoint | undefined
  /** The metrics as they are now, in the text format of Prometheus. */
  readonly renderMetrics: () => string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/**
 * The local interfaces of a cluster's directory: files, DNS, control socket, metrics. None of them can end the agent;
 * one that cannot be had is told in the log and tried again. They run after the mesh is ready and end before it does.
 */
export function createDirectoryServices(parts: DirectoryParts): readonly Service[] {
  const { mesh, dnsListen, metricsListen, renderMetrics, clock, random, log } = parts
  const services = [createServiceFiles(parts), createControlService(parts)]
  if (dnsListen !== undefined) {
    services.push(createDnsService({ lookup: mesh, listen: dnsListen, clock, random, log }))
  }
  if (metricsListen !== undefined) {
    services.push(createMetricsService({ listen: metricsListen, render: renderMetrics, clock, random, log }))
  }
  return services
}
