import type { Clock } from '@muster/runtime/clock.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { Service } from '@muster/runtime/service.ts'
import { AgentError } from '../identity/agent-error.ts'
import type { ConsoleSurface } from './surface.ts'
import type { ConsoleView } from './view.ts'

/** Where the console gets what it shows. */
export interface ViewSource {
  /** As of now, with the durations left. */
  view(): ConsoleView
  /** Resolves at the next change; rejects when the signal aborts. */
  changed(signal: AbortSignal): Promise<void>
}

/** What the console stands on. */
export interface ConsoleDeps {
  readonly clock: Clock
  readonly log: Log
  readonly source: ViewSource
  readonly surfaces: readonly ConsoleSurface[]
}

/** How long the last words may take when the agent stops. */
const LAST_WORDS_MS = 1_000

/**
 * Shows the machine's state until it is stopped. A console that cannot be written is told in the log once and tried
 * again at the next change: a machine without a console is still a machine.
 */
export function createConsoleService(deps: ConsoleDeps): Service {
  const { clock, source, surfaces } = deps
  const failing = new Map<ConsoleSurface, string>()

  async function guarded(surface: ConsoleSurface, task: () => Promise<void>, signal: AbortSignal): Promise<void> {
    try {
      await task()
      failing.delete(surface)
    } catch (error) {
      if (signal.aborted) return
      if (!(error instanceof AgentError)) throw error
      if (failing.get(surface) !== error.message) deps.log.warn({ console: surface.name, error }, error.message)
      failing.set(surface, error.message)
    }
  }

  async function drawAll(signal: AbortSignal): Promise<number | undefined> {
    const view = source.view()
    for (const surface of surfaces) await guarded(surface, () => surface.draw(view, signal), signal)
    const waits = surfaces.map((surface) => surface.redrawInMs(view)).filter((ms) => ms !== undefined)
    return waits.length === 0 ? undefined : Math.min(...waits)
  }

  async function endAll(): Promise<void> {
    const signal = AbortSignal.timeout(LAST_WORDS_MS)
    const last = source.view()
    // How an apply ended that was waited for while stopping; a PIN is not shown any more.
    if (last.body.kind === 'paired')
      for (const surface of surfaces) await guarded(surface, () => surface.draw(last, signal), signal)
    const reason = last.body.kind === 'pin' ? 'any PIN shown before is dead.' : 'it was asked to.'
    const view: ConsoleView = { ...last, body: { kind: 'stopped', reason } }
    for (const surface of surfaces) await guarded(surface, () => surface.end(view, signal), signal)
  }

  return {
    name: 'console',
    async run({ signal, ready }) {
      try {
        while (!signal.aborted) {
          const turn = new AbortController()
          const either = AbortSignal.any([signal, turn.signal])
          // Listening starts before drawing, so that a change in between is not missed.
          const change = source.changed(either)
          const redrawInMs = await drawAll(signal)
          ready()
          const redraw = redrawInMs === undefined ? [] : [clock.sleep(redrawInMs, either)]
          const wakes = [change, ...redraw]
          await Promise.race(wakes).catch((error: unknown) => {
            if (!signal.aborted) throw error
          })
          turn.abort()
          await Promise.allSettled(wakes)
        }
      } finally {
        await endAll()
      }
    },
  }
}
