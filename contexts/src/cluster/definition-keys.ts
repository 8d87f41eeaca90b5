/** Keys of one level of the definition file, of a map or of every map of a list, with the levels below. */
interface Level {
  readonly keys: readonly string[]
  readonly below?: Readonly<Record<string, Level>>
}

const PROBE: Level = { keys: ['type', 'path', 'command'] }
const PORT: Level = { keys: ['name', 'port', 'probe'], below: { probe: PROBE } }
const SERVICE: Level = {
  keys: [
    ...['name', 'type', 'placement', 'count', 'context', 'flavor', 'min', 'max', 'slotsPerVm', 'idleSeconds'],
    ...['dependsOn', 'demand', 'provides'],
  ],
  below: {
    flavor: { keys: ['cpus', 'memoryMiB', 'diskGiB'] },
    demand: { keys: ['source'] },
    provides: PORT,
  },
}
const FILE: Level = {
  keys: ['apiVersion', 'kind', 'metadata', 'services', 'clouds'],
  below: {
    metadata: { keys: ['name', 'description'] },
    services: SERVICE,
    clouds: { keys: ['agent', 'weight', 'max'] },
  },
}

/** A key that nothing reads, and those that it may have been meant for. */
export interface UnknownKey {
  readonly path: readonly (string | number)[]
  readonly known: readonly string[]
}

/** All keys of a definition file that nothing reads. */
export function unknownKeys(tree: unknown): readonly UnknownKey[] {
  return look(tree, FILE, [])
}

function look(value: unknown, level: Level, path: UnknownKey['path']): readonly UnknownKey[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => look(item, level, [...path, index]))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, item]) => {
    const here = [...path, key]
    if (!level.keys.includes(key)) return [{ path: here, known: level.keys }]
    const below = level.below?.[key]
    return below === undefined ? [] : look(item, below, here)
  })
}
