import type { MachineMessage } from '@muster/contexts/wire/channel.ts'
import type { ContextPort } from './context-port.ts'
import type { Proposal } from './state.ts'
import type { TaskGroup } from './task-group.ts'

type Said<T extends MachineMessage['type']> = Extract<MachineMessage, { readonly type: T }>

/** What happened at the desk; the events of the state machine without their time. */
export type WorkEvent =
  | { readonly type: 'planned'; readonly number: number; readonly answer: Said<'proposal-plan' | 'proposal-refused'> }
  | { readonly type: 'progressed'; readonly number: number; readonly progress: Said<'progress'> }
  | { readonly type: 'applied'; readonly number: number; readonly finished: Said<'finished'> }

/** What a desk stands on. */
export interface WorkDeskDeps {
  readonly contexts: ContextPort
  readonly tasks: TaskGroup
  readonly tell: (event: WorkEvent) => void
}

/** Where proposals are planned and applied, one at a time. */
export interface WorkDesk {
  plan(number: number, proposal: Proposal): void
  cancelPlan(): void
  /** @param signal - its abort lets the change in progress end, and then takes all back */
  apply(number: number, proposal: Proposal, signal: AbortSignal): void
}

/** A desk with nothing on it. */
export function createWorkDesk(deps: WorkDeskDeps): WorkDesk {
  let planning = new AbortController()
  return {
    plan(number, proposal) {
      planning = new AbortController()
      const { signal } = planning
      deps.tasks.start(async (life) => {
        const either = AbortSignal.any([signal, life])
        try {
          const answer = await deps.contexts.preview(proposal, either)
          if (!either.aborted) deps.tell({ type: 'planned', number, answer })
        } catch (error) {
          if (!either.aborted) throw error
        }
      })
    },
    cancelPlan() {
      planning.abort(new DOMException('the proposal was withdrawn', 'AbortError'))
    },
    apply(number, proposal, signal) {
      deps.tasks.start(async () => {
        const onProgress = (progress: Said<'progress'>) => deps.tell({ type: 'progressed', number, progress })
        const finished = await deps.contexts.apply(proposal, { onProgress, signal })
        deps.tell({ type: 'applied', number, finished })
      })
    },
  }
}
