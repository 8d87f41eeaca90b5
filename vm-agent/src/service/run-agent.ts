import { createApiClient } from '@muster/contexts/api/client.ts'
import { Secret } from '@muster/contexts/secret.ts'
import type { ApplySummary, ContextReference } from '@muster/contexts/wire/machines.ts'
import type { Clock } from '@muster/runtime/clock.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { Random } from '@muster/runtime/random.ts'
import { runServices } from '@muster/runtime/service.ts'
import type { AgentSettings } from '../config/agent-settings.ts'
import { createConsoleService } from '../console/console-service.ts'
import type { ConsoleSurface } from '../console/surface.ts'
import { AGENT_VERSION } from '../facts/agent-version.ts'
import { readMachineFacts } from '../facts/machine-facts.ts'
import { loadAgentKey } from '../identity/agent-key.ts'
import { createPairRequestService, takePairRequest } from '../identity/pair-request.ts'
import {
  dropPairingRecord,
  loadPairingRecord,
  type PairingRecord,
  savePairingRecord,
} from '../identity/pairing-record.ts'
import type { ContextPort } from '../pairing/context-port.ts'
import { createMachinePairing } from '../pairing/driver.ts'
import type { PairedMachine } from '../pairing/state.ts'
import { createReportService } from '../report/report-service.ts'
import { createNotifier, createNotifyService, type NotifyEnvironment } from './sd-notify.ts'
import { statusLine } from './status-line.ts'

/** What the agent stands on. */
export interface AgentDeps {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly fetch: typeof fetch
  readonly contexts: ContextPort
  readonly surfaces: readonly ConsoleSurface[]
  readonly notify: NotifyEnvironment
}

/** What an earlier run has left. */
export interface AgentHistory {
  readonly context: ContextReference | undefined
  readonly lastApply: ApplySummary | undefined
  /** For the console, for example that an interrupted apply was taken back. */
  readonly notices: readonly string[]
}

/** How the agent runs. */
export interface AgentOptions {
  readonly settings: AgentSettings
  readonly history: AgentHistory
  /** Given a function that redraws the console, for keys and sizes. */
  readonly onRedraw?: (redraw: () => void) => void
  readonly signal: AbortSignal
}

/** A request to the coordinator that takes longer is not answered any more; long polls have their time on top. */
const CALL_LIMIT_MS = 10_000
/** How long an apply may take to end its change and take back what it did. */
const STOP_LIMIT_MS = 90_000

/**
 * Runs the agent until the signal aborts.
 *
 * @throws {AgentError} state-damaged, state-unusable
 */
export async function runAgent(deps: AgentDeps, options: AgentOptions): Promise<void> {
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
      remember: (machine) => savePairingRecord(stateDir, recordOf(machine, coordinatorUrl, deps.clock.now())),
      forget: () => dropPairingRecord(stateDir),
    },
    { ...options.history, machine: machineOf(record), facts: await readMachineFacts(deps, { root, signal }) },
  )
  options.onRedraw?.(() => pairing.redraw())
  const { source } = pairing
  const services = [
    createConsoleService({ ...deps, source }),
    // Before the pairing, so that it stops after it: the last report tells how an apply ended that had to be stopped.
    createReportService({
      ...deps,
      api,
      report: () => pairing.status(),
      changed: source.changed,
      onReported: (failure) => pairing.reported(failure),
      onForgotten: () => pairing.forgotten(),
    }),
    pairing.service,
    createPairRequestService({ ...deps, onRequest: () => pairing.renew() }, stateDir),
    createNotifyService({
      clock: deps.clock,
      notifier: createNotifier({ log: deps.log, environment: deps.notify }),
      environment: deps.notify,
      status: () => statusLine(source.view().body),
      changed: source.changed,
    }),
  ]
  await runServices(services, { signal, stopTimeoutMs: STOP_LIMIT_MS, clock: deps.clock, log: deps.log })
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
