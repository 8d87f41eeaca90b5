import { childOf, type TreeReader } from './entry.ts'
import { resolveInRoot } from './resolve-in-root.ts'
import { SYSTEM_PATH } from './system-environment.ts'

const EXECUTABLE = 0o111

/** Where the tree has a program: as given with a slash, otherwise along the search path; undefined when it has none. */
export async function findProgram(tree: TreeReader, program: string): Promise<string | undefined> {
  const places = program.includes('/') ? [program] : SYSTEM_PATH.split(':').map((part) => childOf(part, program))
  for (const place of places) {
    if (!place.startsWith('/')) continue
    const entry = await tree.entry(await resolveInRoot(tree, place))
    if (entry?.type === 'file' && (entry.mode & EXECUTABLE) !== 0) return place
  }
  return undefined
}
