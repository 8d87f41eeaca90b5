import type { JoinSettings } from '@muster/contexts/cluster/join-section.ts'
import { createLibp2pHost } from '@muster/mesh/libp2p/create-host.ts'
import type { Clock } from '@muster/runtime/clock.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { Random } from '@muster/runtime/random.ts'
import type { AgentSettings } from '../config/agent-settings.ts'
import { createDirectoryServices } from '../directory/directory-services.ts'
import { runtimeDirectory } from '../directory/runtime-directory.ts'
import { renderMeshMetrics } from './mesh-metrics.ts'
import type { MeshSession } from './mesh-session.ts'
import { openMeshSession } from './open-mesh-session.ts'

/** What a session over the network stands on. */
export interface NetworkSessionDeps {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly settings: Pick<AgentSettings, 'root' | 'stateDir' | 'dnsListen' | 'metricsListen'>
}

/**
 * A session over libp2p, with files, names and socket for the programs of the machine. Load this module only when there is
 * a cluster to join: it brings all of libp2p with it.
 *
 * @throws as `openMeshSession`
 */
export async function openNetworkSession(deps: NetworkSessionDeps, join: JoinSettings): Promise<MeshSession> {
  const { clock, random, log, settings } = deps
  const directory = await runtimeDirectory(settings.root)
  return openMeshSession(
    {
      clock,
      random,
      log,
      stateDir: settings.stateDir,
      createHost: createLibp2pHost,
      servicesOn: (mesh) =>
        createDirectoryServices({
          mesh,
          runtimeDirectory: directory,
          dnsListen: settings.dnsListen,
          metricsListen: settings.metricsListen,
          renderMetrics: () => renderMeshMetrics(mesh),
          clock,
          random,
          log,
        }),
    },
    join,
  )
}
