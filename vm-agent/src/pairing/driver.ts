import type { ApiClient } from '@muster/contexts/api/client.ts'
import type { Secret } from '@muster/contexts/secret.ts'
import type { ApplySummary, ContextReference, MachineStatus } from '@muster/contexts/wire/machines.ts'
import type { MachineFacts } from '@muster/contexts/wire/pairings.ts'
import type { Clock } from '@muster/runtime/clock.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { Random } from '@muster/runtime/random.ts'
import type { Service, ServiceScope } from '@muster/runtime/service.ts'
import type { MachineView } from '../console/view.ts'
import type { NetworkFacts } from '../facts/network-facts.ts'
import { createBell } from './bell.ts'
import type { ContextPort } from './context-port.ts'
import { createEffects, type EffectsDeps } from './effects.ts'
import type { CallFailure, PairingEvent } from './events.ts'
import { consoleBodyOf, type MachineActivity, statusOf } from './machine-view.ts'
import { createNetworkWatch } from './network-watch.ts'
import { nextPairing } from './next.ts'
import {
  type Outage,
  outageOf,
  type PairedMachine,
  type PairingState,
  pairedState,
  unpairedState,
  wakeAt,
} from './state.ts'
import { nextOutage } from './step.ts'
import { createTaskGroup } from './task-group.ts'

/** An event without its time, which is when it is dispatched. */
export type Happening = PairingEvent extends infer E ? (E extends unknown ? Omit<E, 'at'> : never) : never

/** What the pairing of a machine stands on. */
export interface PairingDeps {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Without a token. */
  readonly api: ApiClient
  readonly contexts: ContextPort
  /** Of this agent, base64url. */
  readonly agentPublicKey: string
  readonly readMachineFacts: (signal: AbortSignal) => Promise<MachineFacts>
  readonly readNetwork: (signal: AbortSignal) => Promise<NetworkFacts>
  /** Writes the pairing durably. @throws {AgentError} state-unusable */
  readonly remember: (machine: PairedMachine) => Promise<void>
  /** Removes it durably. @throws {AgentError} state-unusable */
  readonly forget: () => Promise<void>
}

/** How a run begins. */
export interface PairingOptions {
  /** Of an earlier run; undefined: not paired. */
  readonly machine: PairedMachine | undefined
  readonly context: ContextReference | undefined
  readonly lastApply: ApplySummary | undefined
  /** For the console, before the first PIN is asked for. */
  readonly facts: MachineFacts
  readonly notices: readonly string[]
}

/** A source of what the console shows of the machine, without what its cluster adds. */
export interface MachineViewSource {
  view(): MachineView
  /** Resolves at the next change; rejects when the signal aborts. */
  changed(signal: AbortSignal): Promise<void>
}

/** The pairing of this machine while the agent runs. */
export interface MachinePairing {
  readonly service: Service
  readonly source: MachineViewSource
  /** Who the machine reports as, and what; undefined while it is not paired. */
  status(): { readonly token: Secret; readonly status: MachineStatus } | undefined
  /** Somebody with rights on this machine asks for a new PIN. */
  renew(): void
  /** The coordinator does not know the machine any more. */
  forgotten(): void
  /** Tells the listeners of `source` that it is worth looking again. */
  redraw(): void
  /** The context was applied again without the owner: it follows the cluster. */
  refreshed(summary: ApplySummary, context: ContextReference): void
  /** How the last report went; undefined: well. */
  reported(failure: CallFailure | undefined): void
}

/** For the console, when the agent is asked to stop in the middle. */
const STOPPING_NOTICE =
  'The agent was asked to stop: the change in progress ends, and the unfinished apply is taken back.'

/** Runs `nextPairing` against the world. */
export function createMachinePairing(deps: PairingDeps, options: PairingOptions): MachinePairing {
  const { clock, log } = deps
  const bell = createBell()
  const network = createNetworkWatch(deps)
  const inbox: (Happening | (() => void))[] = []
  let state: PairingState = options.machine === undefined ? unpairedState : pairedState(options.machine)
  let { facts } = options
  let clockSkewMs: number | undefined
  let notices = options.notices
  let activity = firstActivity(options)

  const dispatch = (item: Happening | (() => void)) => {
    inbox.push(item)
    bell.ring()
  }

  async function handle(event: Happening, execute: ReturnType<typeof createEffects>['execute']): Promise<void> {
    const before = state.phase
    note(event)
    const step = nextPairing(state, { ...event, at: clock.monotonic() } as PairingEvent)
    state = step.state
    if (state.phase !== before) log.info({ from: before, to: state.phase, by: event.type }, 'pairing goes on')
    for (const effect of step.effects) await execute(effect, state)
    bell.ring()
  }

  /** What the console and the reports need besides the state. */
  function note(event: Happening): void {
    if (event.type === 'progressed') {
      const { index, total, phase } = event.progress
      activity = { ...activity, progress: { done: phase === 'started' ? index - 1 : index, total } }
    }
    if (event.type === 'applied') {
      const { summary } = event.finished
      const isNew = summary.outcome === 'applied' || summary.outcome === 'unchanged'
      const proposed = state.phase === 'paired' && state.work.step !== 'idle' ? state.work.proposal.context : undefined
      const context = isNew ? (proposed ?? activity.context) : activity.context
      activity = { ...activity, lastApply: summary, context, progress: undefined }
    }
  }

  const shows: EffectsDeps['shows'] = {
    show(pin) {
      activity = { ...activity, shown: pin }
    },
    clear() {
      activity = { ...activity, shown: undefined }
    },
    facts(news, skewMs) {
      facts = news
      clockSkewMs = skewMs ?? clockSkewMs
    },
    notice(text) {
      notices = [...notices.filter((other) => other !== text), text].slice(-3)
    },
  }

  const isApplying = () => state.phase === 'paired' && state.work.step === 'applying'

  async function loop(stop: AbortSignal, execute: ReturnType<typeof createEffects>['execute']): Promise<void> {
    while (!stop.aborted || isApplying() || inbox.length > 0) {
      const item = inbox.shift()
      if (typeof item === 'function') item()
      else if (item !== undefined) await handle(item, execute)
      else await idle(stop, isApplying())
    }
  }

  /** Until something happens, the state wants to be woken, or the agent shall stop. */
  async function idle(stop: AbortSignal, isApplying: boolean): Promise<void> {
    const turn = new AbortController()
    const signal = isApplying ? turn.signal : AbortSignal.any([turn.signal, stop])
    const wake = wakeAt(state)
    const waits: Promise<void>[] = [bell.rung(signal)]
    // Nobody is told when the cable is plugged in: while the coordinator is away, it is looked for. A request that is
    // under way has to fail first.
    if (state.phase !== 'requesting' && outageOf(state) !== undefined)
      waits.push(network.changed(signal).then(() => dispatch({ type: 'network-changed' })))
    if (wake !== undefined && Number.isFinite(wake)) {
      const ms = Math.max(0, wake - clock.monotonic())
      waits.push(clock.sleep(ms, signal).then(() => dispatch({ type: 'tick' })))
    }
    await Promise.race(waits).catch((error: unknown) => {
      if (!signal.aborted) throw error
    })
    turn.abort(new DOMException('something happened', 'AbortError'))
    await Promise.allSettled(waits)
  }

  async function run({ signal, ready }: ServiceScope): Promise<void> {
    const life = new AbortController()
    const tasks = createTaskGroup(life.signal)
    const effects = createEffects({ ...deps, tasks, dispatch, shows, stop: signal })
    const onStop = () => {
      if (isApplying()) shows.notice(STOPPING_NOTICE)
      bell.ring()
    }
    signal.addEventListener('abort', onStop, { once: true })
    await network.note(life.signal)
    dispatch({ type: 'start' })
    ready()
    try {
      await Promise.race([loop(signal, effects.execute), tasks.failure])
      await effects.lastWords(state)
    } finally {
      life.abort(new DOMException('the agent stops', 'AbortError'))
      signal.removeEventListener('abort', onStop)
      await tasks.settled()
    }
  }

  return {
    service: { name: 'pairing', run },
    source: {
      view: () => ({
        body: consoleBodyOf(state, activity, clock.monotonic()),
        facts,
        coordinatorUrl: deps.api.baseUrl,
        now: clock.now(),
        clockSkewMs,
        notices,
      }),
      changed: (signal) => bell.rung(signal),
    },
    status() {
      if (state.phase !== 'paired') return undefined
      return { token: state.machine.machineToken, status: statusOf(state, activity, facts) }
    },
    renew: () => dispatch({ type: 'renew' }),
    forgotten: () => dispatch({ type: 'forgotten' }),
    redraw: () => bell.ring(),
    refreshed(lastApply, applied) {
      const isNew = lastApply.outcome === 'applied' || lastApply.outcome === 'unchanged'
      activity = { ...activity, lastApply, context: isNew ? applied : activity.context }
      bell.ring()
    },
    reported(failure) {
      const before = activity.reportOutage
      const outage = failure?.kind === 'trouble' ? outageAfter(before, failure, clock.monotonic()) : undefined
      activity = { ...activity, reportOutage: outage }
      if (before?.trouble.cause !== outage?.trouble.cause) bell.ring()
    },
  }
}

function firstActivity({ context, lastApply }: PairingOptions): MachineActivity {
  return { shown: undefined, context, lastApply, progress: undefined, reportOutage: undefined }
}

function outageAfter(
  before: Outage | undefined,
  failure: Extract<CallFailure, { kind: 'trouble' }>,
  at: number,
): Outage {
  return nextOutage(before?.failures ?? 0, failure, at)
}
