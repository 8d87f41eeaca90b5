import type { ContextVersionInfo } from '@muster/contexts/wire/contexts.ts'

/** Versions that the coordinator can read, oldest first. */
export function plainVersions(versions: readonly ContextVersionInfo[]): readonly number[] {
  return versions
    .filter((version) => version.format === 'plain')
    .map((version) => version.version)
    .toSorted((a, b) => a - b)
}
