import { didYouMean } from '../userdata/suggest.ts'
import type { ClusterDefinition, ClusterService } from '../wire/clusters.ts'

/** Names of services that every cluster has without naming them. */
export const RESERVED_SERVICES: readonly string[] = ['cloud-agent', 'coordinator']

/** Something in a definition that its schema allows and that makes no sense all the same. */
export interface ClusterProblem {
  /** Names and indexes from the definition down to the value. */
  readonly path: readonly (string | number)[]
  readonly message: string
  readonly hint?: string
}

/** What is wrong with a definition; empty when it can be published. At most a few for each service and cloud. */
export function findClusterProblems(definition: ClusterDefinition): readonly ClusterProblem[] {
  const { services, clouds } = definition
  const names = services.map(({ name }) => name)
  const agents = clouds.flatMap((cloud, index) =>
    (cloud.agents ?? []).map(({ peer }, place) => ({ peer, path: ['clouds', index, 'agents', place, 'peer'] })),
  )
  return [
    ...repeated(names, (index) => ['services', index, 'name'], 'Two services have this name'),
    ...repeated(
      clouds.map(({ name }) => name),
      (index) => ['clouds', index, 'name'],
      'Two clouds have this name',
    ),
    ...repeated(
      agents.map(({ peer }) => peer),
      (index) => agents[index]?.path ?? [],
      'Two agents have this PeerId',
    ),
    ...services.flatMap((service, index) => problemsOfService(service, ['services', index], names)),
    ...cycleProblems(services),
  ]
}

type Path = readonly (string | number)[]

function problemsOfService(service: ClusterService, path: Path, names: readonly string[]): readonly ClusterProblem[] {
  const { name, dependsOn = [], provides = [] } = service
  const found: ClusterProblem[] = [...misplacedFields(service, path)]
  if (RESERVED_SERVICES.includes(name)) {
    found.push({ path: [...path, 'name'], message: `"${name}" is the name of a part of Muster` })
  }
  for (const [index, needed] of dependsOn.entries()) {
    if (names.includes(needed)) continue
    const hint = didYouMean(needed, names)
    const message = `There is no service "${needed}"`
    found.push({ path: [...path, 'dependsOn', index], message, ...(hint === undefined ? {} : { hint }) })
  }
  const portNames = provides.map((port) => port.name)
  const pathOfPort = (index: number) => [...path, 'provides', index, 'name']
  return [...found, ...repeated(portNames, pathOfPort, 'Two ports of this service have this name')]
}

const FIXED_ONLY = ['count', 'demand'] as const
const SCALABLE_ONLY = ['min', 'max', 'slotsPerVm', 'idleSeconds'] as const

function misplacedFields(service: ClusterService, path: Path): readonly ClusterProblem[] {
  const isScalable = service.kind === 'scalable'
  const found = (isScalable ? FIXED_ONLY : SCALABLE_ONLY)
    .filter((field) => service[field] !== undefined)
    .map((field): ClusterProblem => {
      const message = isScalable ? `A scalable service has no "${field}"` : `A fixed service has no "${field}"`
      return { path: [...path, field], message, hint: isScalable ? 'It has min and max.' : 'It has a count.' }
    })
  const { min = 0, max } = service
  if (max === undefined || max >= min) return found
  return [...found, { path: [...path, 'max'], message: `The highest count, ${max}, is below the lowest, ${min}` }]
}

/** The first service of each circle of dependencies, so that every circle is told once. */
function cycleProblems(services: readonly ClusterService[]): readonly ClusterProblem[] {
  const needs = new Map(services.map(({ name, dependsOn = [] }) => [name, dependsOn]))
  const told = new Set<string>()
  return services.flatMap(({ name }, index): ClusterProblem[] => {
    if (told.has(name) || !reaches(needs, name, name)) return []
    for (const other of needs.keys()) {
      if (reaches(needs, name, other) && reaches(needs, other, name)) told.add(other)
    }
    return [{ path: ['services', index, 'dependsOn'], message: `"${name}" depends, in the end, on itself` }]
  })
}

function reaches(needs: ReadonlyMap<string, readonly string[]>, from: string, to: string): boolean {
  const seen = new Set<string>()
  const open = [...(needs.get(from) ?? [])]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next === to) return true
    if (seen.has(next)) continue
    seen.add(next)
    open.push(...(needs.get(next) ?? []))
  }
  return false
}

function repeated(
  names: readonly string[],
  pathOf: (index: number) => Path,
  message: string,
): readonly ClusterProblem[] {
  return names.flatMap((name, index) => (names.indexOf(name) < index ? [{ path: pathOf(index), message }] : []))
}
