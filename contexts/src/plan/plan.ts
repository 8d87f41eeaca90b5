import type { Diagnostic } from '../userdata/diagnostic.ts'
import type { Resource } from './resource.ts'

/** Wanted resources of one context for one machine, in the order in which they are to be applied. */
export interface Plan {
  /** SHA-256 of the context text, hex: scripts and commands run once for each. */
  readonly contextDigest: string
  readonly resources: readonly Resource[]
}

/** A plan, or none when there is an error, with all problems of decoding, selection, plugins and conflicts. */
export interface PlanResult {
  readonly plan: Plan | undefined
  readonly diagnostics: readonly Diagnostic[]
  /** What the cluster does not tell yet, in words. While there is any, the plan holds only how to join the cluster. */
  readonly waitingFor: readonly string[]
  /** Values that were put in for placeholders, by name. */
  readonly values: ReadonlyMap<string, string>
}
