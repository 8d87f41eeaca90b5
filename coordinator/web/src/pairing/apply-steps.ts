import type { ProgressStep } from '@muster/contexts/pairing/claimant.ts'
import type { WireChange } from '@muster/contexts/wire/channel.ts'

/** One change while it is applied. */
export interface ApplyStep {
  readonly index: number
  /** What the change is, from the plan; the bare address when the plan has no such change. */
  readonly text: string
  readonly phase: ProgressStep['phase']
  readonly message: string | undefined
}

/** How far the machine is: last word on each change, in order. */
export interface ApplyView {
  readonly steps: readonly ApplyStep[]
  readonly finished: number
  readonly total: number
}

/** Folds what the machine told into one line for each change of its plan. */
export function viewProgress(changes: readonly WireChange[], progress: readonly ProgressStep[]): ApplyView {
  const summaries = new Map(changes.map((change) => [change.address, change.summary]))
  const steps = new Map<number, ApplyStep>()
  let total = changes.length
  for (const { index, address, phase, message, total: announced } of progress) {
    steps.set(index, { index, text: summaries.get(address) ?? address, phase, message })
    total = announced
  }
  const list = [...steps.values()].sort((a, b) => a.index - b.index)
  return { steps: list, finished: list.filter((step) => step.phase !== 'started').length, total }
}
