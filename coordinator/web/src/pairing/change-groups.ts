import type { WireChange } from '@muster/contexts/wire/channel.ts'

/** Changes of a machine's plan by what happens, and those that cannot be taken back. */
export interface ChangeGroups {
  readonly groups: readonly { readonly title: string; readonly changes: readonly WireChange[] }[]
  readonly permanent: readonly WireChange[]
  readonly partly: readonly WireChange[]
}

const TITLES: Readonly<Record<WireChange['action'], string>> = {
  create: 'Create',
  update: 'Change',
  remove: 'Remove',
  run: 'Run',
}

/** Groups changes for reading; empty groups are left out, the machine's order is kept within each. */
export function groupChanges(changes: readonly WireChange[]): ChangeGroups {
  const actions = ['create', 'update', 'remove', 'run'] as const
  const groups = actions
    .map((action) => ({ title: TITLES[action], changes: changes.filter((change) => change.action === action) }))
    .filter((group) => group.changes.length > 0)
  return {
    groups,
    permanent: changes.filter((change) => change.undo === 'none'),
    partly: changes.filter((change) => change.undo === 'best-effort'),
  }
}
