import type { JoinSettings } from '@muster/contexts/cluster/join-section.ts'
import type { Mesh } from '@muster/mesh/node/mesh.ts'
import type { Clock } from '@muster/runtime/clock.ts'
import type { Log } from '@muster/runtime/log.ts'
import { runServices, type Service } from '@muster/runtime/service.ts'

/** A mesh that is about to run. */
export interface MeshSession {
  readonly mesh: Mesh
  /** The node first, which says goodbye when it ends; then what stands on it. */
  readonly services: readonly Service[]
  /** IP address under which programs of other machines use this one. */
  readonly userAddress: () => string | undefined
  /** Closes sockets; after the services have ended. */
  close(): Promise<void>
}

/**
 * Brings up what a machine needs as a member. The network is loaded here at the earliest: a machine in no cluster never
 * has it in memory.
 *
 * @throws {CodedError} why it cannot be
 */
export type OpenMeshSession = (settings: JoinSettings) => Promise<MeshSession>

/** How long each part may take to end; the goodbye of the node among them. */
const STOP_LIMIT_MS = 5_000

/**
 * Runs a session until the signal aborts, and closes it.
 *
 * @param more - further services, after those of the session
 * @throws what made it fail
 */
export async function runMeshSession(
  deps: { readonly clock: Clock; readonly log: Log },
  session: MeshSession,
  more: readonly Service[],
  signal: AbortSignal,
): Promise<void> {
  try {
    await runServices([...session.services, ...more], { signal, stopTimeoutMs: STOP_LIMIT_MS, ...deps })
  } finally {
    await session.close()
  }
}
