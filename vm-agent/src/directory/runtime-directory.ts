import { randomUUID } from 'node:crypto'
import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createDiskTree } from '../apply/disk-tree.ts'
import { resolveInRoot } from '../apply/resolve-in-root.ts'

/** Where a machine keeps what its programs may read about the cluster, until it is switched off. */
const RUNTIME_PATH = '/run/muster'

/** The runtime directory of the machine below `root` as a path of this machine; links in the tree cannot lead it out. */
export async function runtimeDirectory(root: string): Promise<string> {
  const path = await resolveInRoot(createDiskTree(root), RUNTIME_PATH)
  return root === '/' ? path : join(root, path)
}

/** Makes the runtime directory, which everybody may look into; one that is there stays as it is. */
export function prepareRuntimeDirectory(path: string): void {
  // The mode is set once more, since the agent's umask may be strict.
  if (mkdirSync(path, { recursive: true, mode: 0o755 }) !== undefined) chmodSync(path, 0o755)
}

/**
 * Replaces a file that everybody may read, so that a reader finds the old text or the new one, whole. It is not made
 * durable: the directory lies in memory and does not outlive a reboot.
 */
export function writeRuntimeFile(path: string, text: string): void {
  const temporary = join(dirname(path), `.${randomUUID()}.new`)
  try {
    writeFileSync(temporary, text, { mode: 0o644, flag: 'wx' })
    chmodSync(temporary, 0o644)
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}
