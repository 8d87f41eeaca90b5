import type { JoiningPhase } from './joining.ts'
import type { JoiningState } from './next.ts'
import { troubleOf } from './trouble.ts'

/** The state as programs and people see it. */
export function phaseOf(state: JoiningState): JoiningPhase {
  switch (state.phase) {
    case 'ended':
      return { phase: 'refused', cause: state.cause, trouble: troubleOf(state.cause) }
    case 'holding': {
      const { renewal, trouble } = state
      const hasLapsed = renewal.phase !== 'resting' && renewal.phase !== 'ended' && renewal.hasLapsed
      return { phase: hasLapsed ? 'lapsed' : 'member', trouble }
    }
    default:
      return { phase: state.expired === undefined ? 'joining' : 'lapsed', trouble: state.trouble }
  }
}
