import type { InstanceFacts } from '@muster/contexts/plan/facts.ts'
import { type PlaceholderSource, placeValues } from '@muster/contexts/plan/placeholders.ts'
import { decodeContext } from '@muster/contexts/userdata/decode.ts'
import type { Clock } from '@muster/runtime/clock.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { Service } from '@muster/runtime/service.ts'
import { ApplyError } from '../apply/apply-error.ts'
import type { ApplyGate } from '../apply/apply-gate.ts'
import type { ApplyDeps, ApplyReport } from '../apply/apply-report.ts'
import { readStandingContext, type StandingContext } from '../apply/standing-context.ts'
import { createBell } from '../pairing/bell.ts'
import { dueAt, initialReplan, nextReplan, type ReplanEvent, type ReplanOptions } from './replan.ts'

/** What planning again stands on. */
export interface ReplanDeps {
  readonly clock: Clock
  readonly log: Log
  readonly gate: ApplyGate
  /** With `readPlaceholders` of this agent's mesh. */
  readonly applyDeps: ApplyDeps
  /** The values may have changed. @returns stops */
  readonly onAnswers: (listener: () => void) => () => void
  readonly options?: ReplanOptions
}

/** How the context of the machine stands to its cluster, for `status`. */
export interface Standing {
  readonly context: string
  /** In words; empty: nothing. */
  readonly waitingFor: readonly string[]
}

/** The service, and what it waits for. */
export interface Replanning {
  readonly service: Service
  /** Undefined while the machine has no context with placeholders. */
  standing(): Standing | undefined
  /** Told when an apply of this service has ended. @returns stops */
  onApplied(listener: (report: ApplyReport) => void): () => void
}

interface Look {
  readonly wanted: string | undefined
  readonly applied: string | undefined
  readonly standing: Standing | undefined
}

/**
 * Keeps the machine as its context says while the cluster around it changes: whenever an answer that stands in the context
 * is another, the context is planned again and the difference applied. Scripts run again only if their own text has changed
 * by it.
 */
export function createReplanning(deps: ReplanDeps): Replanning {
  const { clock, log, gate, applyDeps } = deps
  const bell = createBell()
  const listeners = new Set<(report: ApplyReport) => void>()
  let seen: Look = { wanted: undefined, applied: undefined, standing: undefined }
  let state = initialReplan(clock.monotonic(), deps.options)
  let isOwnApply = false
  let isWorthALook = true

  const ring = () => {
    isWorthALook = true
    bell.ring()
  }

  async function look(signal: AbortSignal): Promise<void> {
    isWorthALook = false
    const source = (await applyDeps.readPlaceholders?.()) ?? { kind: 'no-cluster' as const }
    const context = await standingContext()
    const facts = context === undefined ? undefined : await applyDeps.readFacts({ root: applyDeps.root, signal })
    const before = seen.standing?.waitingFor.join(', ') ?? ''
    seen = context === undefined || facts === undefined ? NOTHING : lookAt(context, facts, source)
    const after = seen.standing?.waitingFor.join(', ') ?? ''
    if (before !== after) {
      log.info({ waitingFor: seen.standing?.waitingFor }, after === '' ? 'nothing is waited for' : 'the context waits')
    }
  }

  async function standingContext(): Promise<StandingContext | undefined> {
    try {
      return await readStandingContext(applyDeps.stateDirectory)
    } catch (error) {
      if (!(error instanceof ApplyError)) throw error
      log.warn(
        { code: error.code, error },
        'the context of the machine cannot be read, so it cannot follow its cluster',
      )
      return undefined
    }
  }

  async function apply(signal: AbortSignal): Promise<void> {
    isOwnApply = true
    let isApplied = false
    try {
      isApplied = await applyStanding(signal)
    } finally {
      isOwnApply = false
    }
    await step({ type: 'ended', isApplied }, signal)
    ring()
  }

  async function applyStanding(signal: AbortSignal): Promise<boolean> {
    const standing = await standingContext()
    if (standing === undefined) return false
    const { text, context, isStrict } = standing
    try {
      const report = await gate.applyContext(applyDeps, { text, context, isStrict, signal })
      const { outcome, errorCode } = report.summary
      const isApplied = outcome === 'applied' || outcome === 'unchanged'
      if (isApplied || outcome === 'waiting') log.info({ outcome }, 'the context follows its cluster')
      else log.warn({ outcome, code: errorCode }, 'the context could not follow its cluster; it is tried again')
      for (const listener of listeners) listener(report)
      return isApplied
    } catch (error) {
      if (!(error instanceof ApplyError)) throw error
      log.warn({ code: error.code, error }, 'the context could not follow its cluster; it is tried again')
      return false
    }
  }

  async function step(event: ReplanEvent, signal: AbortSignal): Promise<void> {
    const next = nextReplan(state, event, clock.monotonic())
    state = next.state
    for (const _ of next.effects) await apply(signal)
  }

  async function idle(signal: AbortSignal): Promise<void> {
    const due = dueAt(state)
    const turn = new AbortController()
    const either = AbortSignal.any([signal, turn.signal])
    const waits = [bell.rung(either)]
    if (due !== undefined) waits.push(clock.sleep(Math.max(0, due - clock.monotonic()), either))
    await Promise.race(waits).finally(() => turn.abort())
    await Promise.allSettled(waits)
  }

  async function loop(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await step({ type: 'busy', isBusy: gate.isApplying() }, signal)
      if (isWorthALook) {
        await look(signal)
        await step({ type: 'looked', wanted: seen.wanted, applied: seen.applied }, signal)
      } else await step({ type: 'tick' }, signal)
      if (!isWorthALook) await idle(signal)
    }
  }

  return {
    standing: () => seen.standing,
    onApplied(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    service: {
      name: 'following the cluster',
      async run({ signal, ready }) {
        const stops = [deps.onAnswers(ring), gate.onChange(() => void (isOwnApply || ring()))]
        ready()
        try {
          await loop(signal)
        } catch (error) {
          if (!signal.aborted) throw error
        } finally {
          for (const stop of stops) stop()
        }
      },
    },
  }
}

const NOTHING: Look = { wanted: undefined, applied: undefined, standing: undefined }

function lookAt(standing: StandingContext, facts: InstanceFacts, source: PlaceholderSource): Look {
  const { values, waitingFor } = placeValues(decodeContext(standing.text), facts, source)
  const { name, digest } = standing.context
  const isComplete = source.kind === 'cluster' && waitingFor.length === 0
  return {
    wanted: isComplete ? markOf(standing, Object.fromEntries(values)) : undefined,
    applied: standing.values === undefined ? undefined : markOf(standing, standing.values),
    standing: { context: name === '' ? digest.slice(0, 12) : name, waitingFor },
  }
}

/** Tells context and values from others. */
function markOf({ context }: StandingContext, values: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(values).toSorted(([left], [right]) => (left < right ? -1 : 1))
  return JSON.stringify([context.digest, sorted])
}
