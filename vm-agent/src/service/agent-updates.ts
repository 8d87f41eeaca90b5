import { join } from 'node:path'
import type { Clock } from '@muster/runtime/clock.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { Random } from '@muster/runtime/random.ts'
import type { Service } from '@muster/runtime/service.ts'
import { APPLY_LOCK } from '../apply/apply-lock.ts'
import { readHolder } from '../apply/state-lock.ts'
import type { AgentSettings } from '../config/agent-settings.ts'
import type { ConsoleBody } from '../console/view.ts'
import { createFetch } from '../http/create-fetch.ts'
import { openUpdates } from '../update/open-updates.ts'
import type { Reach } from '../update/reach.ts'
import type { AgentCluster } from './agent-cluster.ts'

/** What updates see of the running agent. */
export interface AgentUpdatesDeps {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly cluster: AgentCluster
  readonly reach: Reach
}

/** How it runs. */
export interface AgentUpdatesOptions {
  readonly settings: AgentSettings
  /** Folder that the launcher has started this agent from; undefined: it was not the launcher. */
  readonly runs: string | undefined
  /** Ends the agent. */
  readonly signal: AbortSignal
}

/** The side of the agent that replaces it by a newer one. */
export interface AgentUpdates {
  /** For the console. */
  readonly notices: readonly string[]
  /** Ends the agent: somebody has asked it to end, or another version is to be started in its place. */
  readonly signal: AbortSignal
  /** Whether another version is to be started. */
  isToStartAgain(): boolean
  /** @param body - what the console is about */
  service(body: () => ConsoleBody): Service
}

/** @throws {AgentError} state-unusable */
export async function createAgentUpdates(deps: AgentUpdatesDeps, options: AgentUpdatesOptions): Promise<AgentUpdates> {
  const { cluster, reach } = deps
  const { settings, runs, signal } = options
  const again = new AbortController()
  const updates = await openUpdates({ ...deps, fetch: createFetch() }, { ...settings, runs })
  return {
    notices: updates.notices,
    signal: AbortSignal.any([signal, again.signal]),
    isToStartAgain: () => again.signal.aborted,
    service: (body) =>
      updates.service({
        occupation: async () => {
          if (cluster.gate.isApplying()) return 'a context is being applied'
          if ((await readHolder(join(settings.stateDir, APPLY_LOCK))) !== undefined) return 'somebody applies a context'
          return pairingWork(body())
        },
        reached: () => ({
          coordinator: reach.hasAnswered(),
          mesh: cluster.membership.view()?.phase === 'member',
        }),
        restart: () => again.abort(new DOMException('another version is to be started', 'AbortError')),
      }),
  }
}

/** What somebody does with this machine by its PIN or as its owner. */
function pairingWork(body: ConsoleBody): string | undefined {
  if (body.kind === 'pin' && body.claimant !== undefined) return 'somebody is using the PIN'
  if (body.kind === 'completing') return 'the machine is being paired'
  return body.kind === 'paired' && body.activity.step !== 'idle' ? 'its owner configures the machine' : undefined
}
