import { openImageTree, temporaryOf } from './image-tree.ts'
import { PATHS } from './layout.ts'
import { removeEntry } from './remove-entry.ts'
import { installedManifest } from './verify.ts'

/** What an uninstall shall take away. */
export interface UninstallRequest {
  readonly root: string
  /** Takes changed configuration and the state of the agent too. */
  readonly isPurge: boolean
}

/** What an uninstall has done. */
export interface UninstallReport {
  readonly root: string
  readonly version: string
  readonly removed: readonly string[]
  /** What stays, since somebody has changed it or put something into it. */
  readonly kept: readonly string[]
}

/**
 * Takes away what was installed and is still as it was left. The list of what was installed goes last, so that an
 * uninstall that was stopped is finished by the next one.
 *
 * @throws {ImageError} not-installed, damaged-manifest, unsafe-path, not-permitted, write-failed
 */
export async function uninstall({ root, isPurge }: UninstallRequest): Promise<UninstallReport> {
  const tree = openImageTree(root)
  const manifest = await installedManifest(tree)
  const removed: string[] = []
  const kept: string[] = []
  if (isPurge && (await tree.entry(PATHS.state))?.kind === 'directory') await tree.empty(PATHS.state)
  // What starts the agent was put there last, and goes first.
  for (const entry of [...manifest.entries].reverse()) {
    if (entry.kind === 'file') await tree.remove(temporaryOf(entry.path))
    const result = await removeEntry(tree, entry, isPurge)
    if (result === 'removed') removed.push(entry.path)
    if (result === 'kept') kept.push(entry.path)
  }
  await tree.remove(PATHS.manifest)
  for (const path of [...manifest.madeDirectories].sort().reverse()) {
    // Made for us, and used by somebody else since when there is something in it.
    if ((await tree.entry(path))?.kind === 'directory') await tree.remove(path)
  }
  return { root, version: manifest.version, removed, kept }
}
