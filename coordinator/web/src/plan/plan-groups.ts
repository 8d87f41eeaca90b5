import { describeResource } from '@muster/contexts/plan/describe.ts'
import { addressOf, type Resource, type ResourceKind, UNDO_BY_KIND, type Undo } from '@muster/contexts/plan/resource.ts'

/** Heading under which a resource is shown. */
export type PlanGroupName = 'Accounts' | 'Files' | 'Services' | 'System' | 'Scripts and commands'

/** One resource in words. */
export interface PlanItem {
  readonly address: string
  readonly text: string
  readonly undo: Undo
  /** Line of the context that asks for it, from 1; undefined for defaults. */
  readonly line: number | undefined
}

/** Resources of one heading, in the order of the plan. */
export interface PlanGroup {
  readonly name: PlanGroupName
  readonly items: readonly PlanItem[]
}

const ORDER: readonly PlanGroupName[] = ['Accounts', 'Files', 'Services', 'System', 'Scripts and commands']

const GROUP_OF_KIND: Readonly<Record<ResourceKind, PlanGroupName>> = {
  user: 'Accounts',
  group: 'Accounts',
  password: 'Accounts',
  'ssh-key': 'Accounts',
  file: 'Files',
  edit: 'Files',
  directory: 'Files',
  link: 'Files',
  service: 'Services',
  hostname: 'System',
  swap: 'System',
  sysctl: 'System',
  command: 'Scripts and commands',
  script: 'Scripts and commands',
}

/** A plan as a person reads it: by subject, empty subjects left out, secrets masked. */
export function groupPlan(resources: readonly Resource[]): readonly PlanGroup[] {
  const items = new Map<PlanGroupName, PlanItem[]>()
  for (const resource of resources) {
    const name = GROUP_OF_KIND[resource.kind]
    const group = items.get(name) ?? []
    group.push({
      address: addressOf(resource),
      text: describeResource(resource),
      undo: UNDO_BY_KIND[resource.kind],
      line: resource.origin.span?.start.line,
    })
    items.set(name, group)
  }
  return ORDER.flatMap((name) => {
    const group = items.get(name)
    return group === undefined ? [] : [{ name, items: group }]
  })
}
