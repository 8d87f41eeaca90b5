import type { Plan } from '@muster/contexts/plan/plan.ts'
import { planContext } from '@muster/contexts/plan/plan-context.ts'
import { decodeContext } from '@muster/contexts/userdata/decode.ts'
import type { Diagnostic } from '@muster/contexts/userdata/diagnostic.ts'
import { SAMPLE_FACTS } from '../plan/sample-facts.ts'
import { countWords } from '../shell/count-words.ts'

/** What the same code as the agent's and the command line's makes of a text. */
export interface ContextAnalysis {
  /** By place; errors, warnings and notes. */
  readonly diagnostics: readonly Diagnostic[]
  /** Undefined when there is an error. */
  readonly plan: Plan | undefined
}

/** Decodes and plans a text for a sample machine; pure, a few milliseconds for a usual context. */
export function analyzeContext(text: string): ContextAnalysis {
  const { plan, diagnostics } = planContext(decodeContext(text), SAMPLE_FACTS)
  return { plan, diagnostics: diagnostics.toSorted((a, b) => a.span.start.offset - b.span.start.offset) }
}

/** How many problems there are of each kind, in words. */
export function summarizeProblems(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error').length
  const warnings = diagnostics.filter((diagnostic) => diagnostic.severity === 'warning').length
  if (errors === 0 && warnings === 0) return 'No problems'
  const parts = [errors > 0 ? countWords(errors, 'error') : '', warnings > 0 ? countWords(warnings, 'warning') : '']
  return parts.filter((part) => part !== '').join(', ')
}
