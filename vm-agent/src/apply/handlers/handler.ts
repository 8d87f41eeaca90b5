import type { ChangeAction } from '@muster/contexts/plan/change.ts'
import type { Resource, ResourceKind, Undo } from '@muster/contexts/plan/resource.ts'
import type { Machine } from '../machine.ts'

/** Something that went otherwise than wished, although the apply goes on. */
export interface HandlerWarning {
  readonly code: string
  readonly message: string
}

/** What making a change has shown. */
export interface Performed {
  readonly warnings?: readonly HandlerWarning[]
  /** Reason why it was not done after all. */
  readonly notDone?: readonly NotDoneNote[]
}

/** One thing that cannot be done here. */
export interface NotDoneNote {
  readonly reason: string
  readonly needsRoot: boolean
}

/** What one resource needs on this machine. */
export interface Finding {
  readonly action: ChangeAction
  /** How exactly it can be undone here. @default what the kind promises */
  readonly undo?: Undo
  /** What differs, for people; no secrets. */
  readonly notes?: readonly string[]
  readonly notDone?: readonly NotDoneNote[]
  readonly warnings?: readonly HandlerWarning[]
  /** Makes the change; there is one for each action but `none`. */
  readonly perform?: (machine: Machine) => Promise<Performed | undefined>
}

/** A resource of one kind. */
export type ResourceOf<K extends ResourceKind> = Extract<Resource, { kind: K }>

/**
 * Knows one kind of resource: reads what the machine has, tells what differs, and makes the change through the
 * machine's journalled ways, which are also what undoes it. `inspect` changes nothing.
 */
export interface ResourceHandler<K extends ResourceKind> {
  readonly kind: K
  inspect(want: ResourceOf<K>, machine: Machine): Promise<Finding>
}

/** Nothing to do. */
export const AS_WANTED: Finding = { action: 'none' }

/** Nothing to do but to tell that something cannot be done here. */
export function notDoneHere(reason: string, needsRoot: boolean, notes: readonly string[] = []): Finding {
  return { action: 'none', notDone: [{ reason, needsRoot }], notes: [`not done: ${reason}`, ...notes] }
}
