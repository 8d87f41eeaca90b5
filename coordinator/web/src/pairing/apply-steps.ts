import type { ProgressStep } from '@muster/contexts/pairing/claimant.ts'

/** One change while it is applied. */
export interface ApplyStep {
  readonly index: number
  readonly address: string
  readonly phase: ProgressStep['phase']
  readonly message: string | undefined
}

/** How far the machine is: last word on each change, in order. */
export interface ApplyView {
  readonly steps: readonly ApplyStep[]
  readonly finished: number
  readonly total: number
}

/** Folds what the machine told into one line for each change. */
export function viewProgress(progress: readonly ProgressStep[]): ApplyView {
  const steps = new Map<number, ApplyStep>()
  let total = 0
  for (const { index, address, phase, message, total: announced } of progress) {
    steps.set(index, { index, address, phase, message })
    total = Math.max(total, announced)
  }
  const list = [...steps.values()].sort((a, b) => a.index - b.index)
  return { steps: list, finished: list.filter((step) => step.phase !== 'started').length, total }
}
