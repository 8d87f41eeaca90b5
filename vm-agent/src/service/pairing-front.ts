import { createApiClient } from '@muster/contexts/api/client.ts'
import { Secret } from '@muster/contexts/secret.ts'
import type { Service } from '@muster/runtime/service.ts'
import type { AgentSettings } from '../config/agent-settings.ts'
import { AGENT_VERSION } from '../facts/agent-version.ts'
import { readMachineFacts } from '../facts/machine-facts.ts'
import { readNetworkFacts } from '../facts/network-facts.ts'
import { createTreeReader } from '../facts/small-file.ts'
import { loadAgentKey } from '../identity/agent-key.ts'
import { createPairRequestService, takePairRequest } from '../identity/pair-request.ts'
import {
  dropPairingRecord,
  loadPairingRecord,
  type PairingRecord,
  savePairingRecord,
} from '../identity/pairing-record.ts'
import { createMachinePairing, type MachinePairing } from '../pairing/driver.ts'
import type { PairedMachine } from '../pairing/state.ts'
import { createReportService } from '../report/report-service.ts'
import type { AgentDeps, AgentOptions } from './run-agent.ts'

/** A request to the coordinator that takes longer is not answered any more; long polls have their time on top. */
const CALL_LIMIT_MS = 10_000

/** The side of the agent that speaks with a coordinator. */
export interface PairingFront {
  readonly pairing: MachinePairing
  /** In the order in which they start. */
  readonly services: readonly Service[]
}

/** @throws {AgentError} state-damaged, state-unusable */
export async function createPairingFront(deps: AgentDeps, options: AgentOptions): Promise<PairingFront> {
  const { settings, signal } = options
  const { stateDir, coordinatorUrl, root } = settings
  const key = await loadAgentKey(stateDir)
  const record = await startingRecord(settings)
  const api = createApiClient({
    baseUrl: coordinatorUrl,
    fetch: deps.fetch,
    random: deps.random,
    timeoutMs: CALL_LIMIT_MS,
    userAgent: `muster-agent/${AGENT_VERSION}`,
  })
  const pairing = createMachinePairing(
    {
      ...deps,
      api,
      agentPublicKey: key.publicKey,
      readMachineFacts: (abort) => readMachineFacts(deps, { root, signal: abort }),
      // Of the running system, as the addresses in the facts are.
      readNetwork: (abort) => readNetworkFacts(createTreeReader('/', abort)),
      remember: (machine) => savePairingRecord(stateDir, recordOf(machine, coordinatorUrl, deps.clock.now())),
      forget: () => dropPairingRecord(stateDir),
    },
    { ...options.history, machine: machineOf(record), facts: await readMachineFacts(deps, { root, signal }) },
  )
  const services = [
    // Before the pairing, so that it stops after it: the last report tells how an apply ended that had to be stopped.
    createReportService({
      ...deps,
      api,
      report: () => pairing.status(),
      changed: pairing.source.changed,
      onReported: (failure) => pairing.reported(failure),
      onForgotten: () => pairing.forgotten(),
    }),
    pairing.service,
    createPairRequestService({ ...deps, onRequest: () => pairing.renew() }, stateDir),
  ]
  return { pairing, services }
}

/** The pairing of an earlier run, unless somebody has asked for a new one meanwhile or it belongs elsewhere. */
async function startingRecord({ stateDir, coordinatorUrl }: AgentSettings): Promise<PairingRecord | undefined> {
  if (await takePairRequest(stateDir)) await dropPairingRecord(stateDir)
  const record = await loadPairingRecord(stateDir)
  return record?.coordinatorUrl === coordinatorUrl ? record : undefined
}

function machineOf(record: PairingRecord | undefined): PairedMachine | undefined {
  if (record === undefined) return undefined
  const { machineId, machineToken, owner } = record
  return { machineId, machineToken: new Secret(machineToken), owner }
}

function recordOf(machine: PairedMachine, coordinatorUrl: string, now: number): PairingRecord {
  const { machineId, machineToken, owner } = machine
  return { coordinatorUrl, machineId, machineToken: machineToken.reveal(), owner, pairedAt: now }
}
