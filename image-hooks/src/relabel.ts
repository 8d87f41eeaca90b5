import { join } from 'node:path'
import type { ImageTree } from './image-tree.ts'
import type { RunProgram } from './run-program.ts'
import type { SelinuxFacts } from './tree-facts.ts'

/** `at-next-start`: the whole system is labelled anew when the machine starts, which takes minutes once. */
export type Labelling = 'not-needed' | 'done' | 'at-next-start'

/** Asks for all files to be labelled at the next start; the system removes it then. */
const AUTORELABEL = '/.autorelabel'

/**
 * Gives new files their SELinux labels: with the tool of the running system, or with that of the image builder, which
 * works from outside. Where neither can, the machine does it when it starts.
 */
export async function relabel(
  tree: ImageTree,
  run: RunProgram,
  selinux: SelinuxFacts | undefined,
  paths: readonly string[],
): Promise<Labelling> {
  if (selinux === undefined || !selinux.isActive || paths.length === 0) return 'not-needed'
  const contexts = `/etc/selinux/${selinux.type}/contexts/files/file_contexts`
  try {
    if (tree.root === '/') await run('restorecon', ['-F', ...paths])
    else {
      // Without them setfiles would take the labels of this machine's policy.
      if ((await tree.entry(contexts)) === undefined) throw new Error(`no ${contexts}`)
      const places = await Promise.all(paths.map(async (path) => join(tree.root, await tree.canonical(path))))
      await run('setfiles', ['-F', '-r', tree.root, join(tree.root, await tree.canonical(contexts)), ...places])
    }
    return 'done'
  } catch {
    if ((await tree.entry(AUTORELABEL)) === undefined) await tree.write(AUTORELABEL, new Uint8Array(), 0o644)
    return 'at-next-start'
  }
}
