import type { Resource, Undo } from './resource.ts'

/**
 * What has to happen on one machine so that it has a wanted resource.
 *
 * `create` it is not there · `update` it is there, but different · `remove` it is there and must go (a rollback, or a
 * resource of an earlier version of the context) · `run` a command or script that has not run for this context ·
 * `none` it is already as wanted
 */
export type ChangeAction = 'create' | 'update' | 'remove' | 'run' | 'none'

/** One step from the machine as it is to the machine as wanted; the executor makes these, in the order of the plan. */
export interface Change {
  readonly action: ChangeAction
  readonly resource: Resource
  /** How exactly this change can be taken back on this machine; never better than its kind promises. */
  readonly undo: Undo
  /** One line for people, secrets masked, usually `describeResource(resource)` with what differs. */
  readonly summary: string
  /** Further lines: what cannot be done here and why, what differs in detail. No secrets. */
  readonly notes: readonly string[]
}

/** Whether any of these changes would touch the machine. */
export function hasEffect(changes: readonly Change[]): boolean {
  return changes.some((change) => change.action !== 'none')
}

/** How many changes there are of each action. */
export function countChanges(changes: readonly Change[]): Readonly<Record<ChangeAction, number>> {
  const counts: Record<ChangeAction, number> = { create: 0, update: 0, remove: 0, run: 0, none: 0 }
  for (const change of changes) counts[change.action] += 1
  return counts
}
