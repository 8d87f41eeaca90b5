import type { Clock } from '@muster/runtime/clock.ts'
import type { Listeners } from './listeners.ts'
import type { TraceEntry } from './mesh.ts'

/** Entries that are kept. */
const MAX_ENTRIES = 500
const MAX_TEXT = 200

/** What happened lately, newest last. */
export interface Trace {
  add(event: string, text: string, about?: Pick<TraceEntry, 'peer' | 'kind'>): void
  entries(): readonly TraceEntry[]
}

/** An empty trace. @param listeners - told of each entry */
export function createTrace(clock: Pick<Clock, 'now'>, listeners: Listeners<TraceEntry>): Trace {
  const entries: TraceEntry[] = []
  return {
    add(event, text, about = {}) {
      const entry = { at: clock.now(), event, ...about, text: text.slice(0, MAX_TEXT) }
      if (entries.push(entry) > MAX_ENTRIES) entries.shift()
      listeners.tell(entry)
    },
    entries: () => [...entries],
  }
}
