import { type Clock, timeoutSignal } from '@muster/runtime/clock.ts'
import {
  DEFAULT_PROBE_OPTIONS,
  initialProbes,
  nextProbes,
  type ProbeEffect,
  type ProbeEvent,
  type ProbeRun,
  type ProbeSpec,
  type ProbeTarget,
} from '../directory/probes.ts'

/** What a prober stands on. */
export interface ProberParts {
  readonly clock: Clock
  /** From the start of one run to the next while it passes. */
  readonly everyMs: number
  /** After a failure. @default `DEFAULT_PROBE_OPTIONS` */
  readonly failedEveryMs?: number
  readonly perform: (spec: ProbeSpec, signal: AbortSignal) => Promise<boolean>
  readonly onResult: (target: ProbeTarget, isOk: boolean) => void
}

/** Probes targets again and again, by `nextProbes`. */
export interface Prober {
  setTargets(targets: readonly ProbeTarget[]): void
  /** About once a second. */
  tick(): void
  runs(): readonly ProbeRun[]
  /** Probes under way are ended, and their results count no more. */
  stop(): void
}

/** Nothing to probe yet. */
export function createProber({ clock, everyMs, failedEveryMs, perform, onResult }: ProberParts): Prober {
  const { failedEveryMs: usual } = DEFAULT_PROBE_OPTIONS
  let state = initialProbes({ ...DEFAULT_PROBE_OPTIONS, everyMs, failedEveryMs: failedEveryMs ?? usual })
  const stopped = new AbortController()
  const tell = (event: ProbeEvent) => {
    if (stopped.signal.aborted) return
    const next = nextProbes(state, event, clock.monotonic())
    state = next.state
    for (const effect of next.effects) follow(effect)
  }
  const follow = (effect: ProbeEffect) => {
    if (effect.type === 'run') {
      void run(effect)
    } else if (effect.type === 'result') {
      const target = state.runs.get(effect.id)?.target
      if (target !== undefined) onResult(target, effect.isOk)
    }
  }
  const run = async ({ id, run: number, spec, timeoutMs }: Extract<ProbeEffect, { type: 'run' }>) => {
    const deadline = timeoutSignal(clock, timeoutMs, stopped.signal)
    // A probe that cannot be performed has not passed.
    const isOk = await perform(spec, deadline.signal).catch(() => false)
    deadline.cancel()
    tell({ type: 'ended', id, run: number, isOk })
  }
  return {
    setTargets: (targets) => tell({ type: 'targets', targets }),
    tick: () => tell({ type: 'tick' }),
    runs: () => [...state.runs.values()],
    stop: () => stopped.abort(),
  }
}
