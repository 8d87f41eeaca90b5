import type { JoinSettings } from '@muster/contexts/cluster/join-section.ts'
import type { Clock } from '@muster/runtime/clock.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { Random } from '@muster/runtime/random.ts'
import type { Service } from '@muster/runtime/service.ts'
import { applyContext } from '../apply/apply-context.ts'
import { type ApplyGate, createApplyGate } from '../apply/apply-gate.ts'
import type { ApplyDeps } from '../apply/apply-report.ts'
import type { AgentSettings } from '../config/agent-settings.ts'
import { runtimeDirectory } from '../directory/runtime-directory.ts'
import { createClusterFileService } from '../mesh/cluster-file.ts'
import { writeKeptAnswers } from '../mesh/kept-answers.ts'
import { createMembership, type Membership } from '../mesh/membership.ts'
import type { MeshSession } from '../mesh/mesh-session.ts'
import { createReplanning, type Replanning } from '../mesh/replan-service.ts'

/** The side of the agent that has to do with a cluster. */
export interface AgentCluster {
  readonly membership: Membership
  readonly replanning: Replanning
  /** Through which contexts are applied here, so that nobody plans again meanwhile. */
  readonly gate: ApplyGate
  /** With the answers of the cluster. */
  readonly applyDeps: ApplyDeps
  /** In the order in which they start. */
  readonly services: readonly Service[]
}

/** What it stands on. */
export interface AgentClusterDeps {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly settings: Pick<AgentSettings, 'root' | 'stateDir' | 'dnsListen' | 'metricsListen'>
  readonly readFacts: ApplyDeps['readFacts']
  /** @default over the network of this machine */
  readonly openMesh?: (settings: JoinSettings) => Promise<MeshSession>
}

/** A machine in no cluster loads nothing for it, and watches for one file. */
export async function createAgentCluster(deps: AgentClusterDeps): Promise<AgentCluster> {
  const { clock, random, log, settings } = deps
  const { root, stateDir } = settings
  const membership = createMembership({
    clock,
    random,
    log,
    root,
    open: deps.openMesh ?? ((join) => openOverNetwork(deps, join)),
    keepAnswers: (answers) => writeKeptAnswers(stateDir, answers),
  })
  const gate = createApplyGate(applyContext)
  const applyDeps: ApplyDeps = {
    root,
    stateDirectory: stateDir,
    clock,
    random,
    log,
    readFacts: deps.readFacts,
    readPlaceholders: () => membership.placeholders(),
  }
  // An apply may have written the join file.
  gate.onChange(() => membership.look())
  const replanning = createReplanning({ clock, log, gate, applyDeps, onAnswers: membership.onAnswers })
  const file = createClusterFileService({
    clock,
    log,
    runtimeDirectory: await runtimeDirectory(root),
    view: () => membership.view(),
    standing: () => replanning.standing(),
    onChange: membership.onChange,
  })
  return { membership, replanning, gate, applyDeps, services: [membership.service, replanning.service, file] }
}

/** Loaded at the first need: what the network brings with it is more than all the rest. */
async function openOverNetwork(deps: AgentClusterDeps, join: JoinSettings): Promise<MeshSession> {
  const { openNetworkSession } = await import('../mesh/open-network-session.ts')
  return openNetworkSession(deps, join)
}
