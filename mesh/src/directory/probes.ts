import { jittered } from '../spread.ts'
import { type Step, withEntry } from '../step.ts'

/** How to find out whether a service works; performing it is the agent's business. */
export type ProbeSpec =
  /** The port accepts a connection. */
  | { readonly type: 'tcp'; readonly address: string; readonly port: number }
  /** A GET answers with a status below 400. */
  | { readonly type: 'http'; readonly address: string; readonly port: number; readonly path: string }
  /** The program ends with 0; no shell. */
  | { readonly type: 'command'; readonly argv: readonly string[] }

/** One thing that is probed again and again. */
export interface ProbeTarget {
  readonly id: string
  readonly spec: ProbeSpec
}

/** Where a target stands. */
export interface ProbeRun {
  readonly target: ProbeTarget
  readonly health: 'unknown' | 'passing' | 'failing'
  /** Passes or failures in a row, by `health`; the first of a new kind is 1. */
  readonly streak: number
  readonly lastOk: boolean | undefined
  readonly dueAt: number
  /** Number of the run under way. */
  readonly running: number | undefined
  readonly runningSince: number
}

/** Numbers of the schedule. */
export interface ProbeOptions {
  readonly everyMs: number
  /** After a failure: often enough that `failures` of the directory come together within its window. */
  readonly failedEveryMs: number
  /** After a pass of a target that is not passing yet: what has just begun to work is soon found. */
  readonly confirmEveryMs: number
  readonly timeoutMs: number
  /** Passes in a row that make a target passing. */
  readonly passes: number
  readonly failures: number
  /** Probes under way at once. */
  readonly maxRunning: number
  readonly maxTargets: number
}

export const DEFAULT_PROBE_OPTIONS: ProbeOptions = {
  everyMs: 10_000,
  failedEveryMs: 5_000,
  confirmEveryMs: 1_000,
  timeoutMs: 5_000,
  passes: 2,
  failures: 2,
  maxRunning: 4,
  maxTargets: 128,
}

/** All targets with their runs. */
export interface ProbeState {
  readonly options: ProbeOptions
  readonly runs: ReadonlyMap<string, ProbeRun>
  readonly started: number
}

export type ProbeEvent =
  /** These are to be probed from now on, and no others. */
  | { readonly type: 'targets'; readonly targets: readonly ProbeTarget[] }
  | { readonly type: 'ended'; readonly id: string; readonly run: number; readonly isOk: boolean }
  | { readonly type: 'tick' }

export type ProbeEffect =
  | {
      readonly type: 'run'
      readonly id: string
      readonly run: number
      readonly spec: ProbeSpec
      readonly timeoutMs: number
    }
  /** One result, for the ranking. */
  | { readonly type: 'result'; readonly id: string; readonly isOk: boolean }
  | { readonly type: 'health'; readonly id: string; readonly health: 'passing' | 'failing' }

type ProbeStep = Step<ProbeState, ProbeEffect>

/** Nothing to probe. */
export function initialProbes(options = DEFAULT_PROBE_OPTIONS): ProbeState {
  return { options, runs: new Map(), started: 0 }
}

/**
 * When which service is probed and what follows from the results, as a pure function. A probe whose end is never told
 * counts as failed after twice its time.
 *
 * @param now - monotonic milliseconds
 */
export function nextProbes(state: ProbeState, event: ProbeEvent, now: number): ProbeStep {
  switch (event.type) {
    case 'targets':
      return { state: setTargets(state, event.targets, now), effects: [] }
    case 'ended':
      return onEnded(state, event.id, event.run, event.isOk, now)
    case 'tick':
      return onTick(state, now)
  }
}

function setTargets(state: ProbeState, targets: readonly ProbeTarget[], now: number): ProbeState {
  const runs = new Map<string, ProbeRun>()
  for (const target of targets.slice(0, state.options.maxTargets)) {
    const known = state.runs.get(target.id)
    const isSame = known !== undefined && JSON.stringify(known.target.spec) === JSON.stringify(target.spec)
    const fresh: ProbeRun = {
      target,
      health: 'unknown',
      streak: 0,
      lastOk: undefined,
      dueAt: now,
      running: undefined,
      runningSince: 0,
    }
    runs.set(target.id, isSame ? known : fresh)
  }
  return { ...state, runs }
}

function onEnded(state: ProbeState, id: string, number: number, isOk: boolean, now: number): ProbeStep {
  const run = state.runs.get(id)
  if (run?.running !== number) return { state, effects: [] }
  const streak = run.lastOk === isOk ? run.streak + 1 : 1
  const needed = isOk ? state.options.passes : state.options.failures
  const reached = isOk ? 'passing' : 'failing'
  const health = streak >= needed ? reached : run.health
  const dueAt = run.runningSince + jittered(pauseMs(state.options, isOk, health), 0.1, id, number)
  const next: ProbeRun = { ...run, streak, lastOk: isOk, health, dueAt: Math.max(dueAt, now), running: undefined }
  const effects: ProbeEffect[] = [{ type: 'result', id, isOk }]
  if (health === reached && run.health !== reached) effects.push({ type: 'health', id, health: reached })
  return { state: { ...state, runs: withEntry(state.runs, id, next) }, effects }
}

function pauseMs(options: ProbeOptions, isOk: boolean, health: ProbeRun['health']): number {
  if (!isOk) return options.failedEveryMs
  return health === 'passing' ? options.everyMs : options.confirmEveryMs
}

function onTick(state: ProbeState, now: number): ProbeStep {
  const effects: ProbeEffect[] = []
  let current = state
  for (const [id, run] of state.runs) {
    if (run.running === undefined || now - run.runningSince < 2 * state.options.timeoutMs) continue
    const ended = onEnded(current, id, run.running, false, now)
    current = ended.state
    effects.push(...ended.effects)
  }
  const running = [...current.runs.values()].filter((run) => run.running !== undefined).length
  const due = [...current.runs.values()]
    .filter((run) => run.running === undefined && now >= run.dueAt)
    .toSorted((left, right) => left.dueAt - right.dueAt)
    .slice(0, Math.max(0, current.options.maxRunning - running))
  for (const run of due) {
    const number = current.started + 1
    const begun = { ...run, running: number, runningSince: now }
    current = { ...current, started: number, runs: withEntry(current.runs, run.target.id, begun) }
    const { timeoutMs } = current.options
    effects.push({ type: 'run', id: run.target.id, run: number, spec: run.target.spec, timeoutMs })
  }
  return { state: current, effects }
}
