import type { Fetch } from '@muster/contexts/api/requester.ts'
import type { ApplySummary, ContextReference } from '@muster/contexts/wire/machines.ts'
import type { Clock } from '@muster/runtime/clock.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { Random } from '@muster/runtime/random.ts'
import { runServices, type Service } from '@muster/runtime/service.ts'
import type { ApplyReport } from '../apply/apply-report.ts'
import type { AgentSettings } from '../config/agent-settings.ts'
import { createConsoleService } from '../console/console-service.ts'
import type { ConsoleSurface } from '../console/surface.ts'
import { readMachineFacts } from '../facts/machine-facts.ts'
import { hasJoinFile } from '../mesh/join-file.ts'
import { createBell } from '../pairing/bell.ts'
import type { ContextPort } from '../pairing/context-port.ts'
import type { MachineViewSource } from '../pairing/driver.ts'
import type { UserData } from '../sources/user-data-service.ts'
import type { AgentCluster } from './agent-cluster.ts'
import type { AgentUpdates } from './agent-updates.ts'
import { consoleSource, memberView } from './agent-views.ts'
import { createPairingFront } from './pairing-front.ts'
import { createNotifier, createNotifyService, type NotifyEnvironment } from './sd-notify.ts'
import { statusLine } from './status-line.ts'

/** What the agent stands on. */
export interface AgentDeps {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly fetch: Fetch
  readonly contexts: ContextPort
  readonly cluster: AgentCluster
  /** Without, the agent stays the version that it is. */
  readonly updates?: Pick<AgentUpdates, 'service'>
  /** Undefined: not used. */
  readonly userData: UserData | undefined
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
  /** Without a coordinator the machine is nothing but a member of its cluster. */
  readonly settings: AgentSettings
  readonly history: AgentHistory
  /** Given a function that redraws the console, for keys and sizes. */
  readonly onRedraw?: (redraw: () => void) => void
  readonly signal: AbortSignal
}

/** How long an apply may take to end its change and take back what it did. */
const STOP_LIMIT_MS = 90_000

/** What is told about the machine, and by whom it is kept going. */
interface Front {
  readonly source: MachineViewSource
  readonly services: readonly Service[]
  redraw(): void
}

/**
 * Runs the agent until the signal aborts.
 *
 * @throws {AgentError} state-damaged, state-unusable
 */
export async function runAgent(deps: AgentDeps, options: AgentOptions): Promise<void> {
  const { cluster, userData } = deps
  const front =
    options.settings.coordinatorUrl === '' ? await memberFront(deps, options) : await pairFront(deps, options)
  options.onRedraw?.(() => front.redraw())
  const source = consoleSource(front.source, { cluster, userData })
  const services = [
    createConsoleService({ ...deps, source }),
    ...cluster.services,
    ...(userData === undefined ? [] : [userData.service]),
    ...front.services,
    ...(deps.updates === undefined ? [] : [deps.updates.service(() => source.view().body)]),
    createNotifyService({
      clock: deps.clock,
      notifier: createNotifier({ log: deps.log, environment: deps.notify }),
      environment: deps.notify,
      status: () => statusLine(source.view()),
      changed: source.changed,
    }),
  ]
  const { signal } = options
  await runServices(services, { signal, stopTimeoutMs: STOP_LIMIT_MS, clock: deps.clock, log: deps.log })
}

async function pairFront(deps: AgentDeps, options: AgentOptions): Promise<Front> {
  const { pairing, services } = await createPairingFront(deps, options)
  const refresh = ({ summary, context }: ApplyReport) => pairing.refreshed(summary, context)
  deps.cluster.replanning.onApplied(refresh)
  deps.userData?.onApplied(refresh)
  return { source: pairing.source, services, redraw: () => pairing.redraw() }
}

async function memberFront(deps: AgentDeps, { settings, history, signal }: AgentOptions): Promise<Front> {
  const { notices } = history
  const isToJoin = await hasJoinFile(settings.root)
  const facts = await readMachineFacts(deps, { root: settings.root, signal })
  const bell = createBell()
  const isMember = () => isToJoin || deps.cluster.membership.view() !== undefined
  const view = () => memberView(deps, { facts, notices, isMember: isMember() })
  return { source: { view, changed: (abort) => bell.rung(abort) }, services: [], redraw: () => bell.ring() }
}
