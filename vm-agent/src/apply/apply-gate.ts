import type { ApplyContext } from './apply-context.ts'

/** Tells whether somebody in this process applies a context just now. */
export interface ApplyGate {
  /** `applyContext`, seen by the others. */
  readonly applyContext: ApplyContext
  isApplying(): boolean
  /** Told when an apply begins and after it has ended. @returns stops */
  onChange(listener: () => void): () => void
}

/** A gate that nobody goes through yet. */
export function createApplyGate(applyContext: ApplyContext): ApplyGate {
  const listeners = new Set<() => void>()
  let under = 0
  const move = (by: 1 | -1) => {
    under += by
    for (const listener of listeners) listener()
  }
  return {
    async applyContext(deps, request) {
      move(1)
      try {
        return await applyContext(deps, request)
      } finally {
        move(-1)
      }
    },
    isApplying: () => under > 0,
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
