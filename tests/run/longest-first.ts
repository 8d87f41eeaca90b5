import { relative } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * Test files that take long, by falling time; by hand, since a fresh checkout has measured nothing. A file that is
 * missing here is no mistake as long as it takes less than these.
 */
export const LONG_FILES: readonly string[] = [
  'tests/nspawn/machines.test.ts',
  'tests/rig/mesh-rig.test.ts',
  'tests/rig/slow-link.test.ts',
  'tests/user-data/cloud-init.test.ts',
  'vm-agent/test/update/update.test.ts',
  'tests/public-contexts/public-contexts.test.ts',
  'vm-agent/test/apply/crash.test.ts',
  'tests/packaging/packages.test.ts',
  'tests/browser/spine.test.ts',
  'tests/simulation/mesh/membership.test.ts',
  'tests/world/tour.test.ts',
  'tests/faults/pairing-faults.test.ts',
  'vm-agent/test/update/crash.test.ts',
  'tests/cli/clusters.test.ts',
  'tests/packaging/cached-build.test.ts',
  'tests/image-hooks/debian-tree.test.ts',
  'tests/pairing/agent-stop.test.ts',
  'tests/image-hooks/cloud-init.test.ts',
  'tests/cli/account.test.ts',
  'vm-agent/test/run/user-data.test.ts',
  'image-hooks/test/stopped-install.test.ts',
  'tests/browser/audit.test.ts',
]

/** Puts long files before all others, whose order stays. @param paths - from the root of the checkout */
export function longestFirst(paths: readonly string[]): readonly string[] {
  const given = new Set(paths)
  const long = LONG_FILES.filter((path) => given.has(path))
  return [...new Set([...long, ...paths])]
}

/**
 * Starts long files first: one that is started last would run alone, with one processor idle for as long as it takes.
 * All others follow as vitest orders them.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const { root } = this.ctx.config
    const byPath = new Map(sorted.map((file) => [relative(root, file.moduleId), file]))
    return longestFirst([...byPath.keys()]).flatMap((path) => byPath.get(path) ?? [])
  }
}
