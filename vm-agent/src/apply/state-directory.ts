import { chmod, mkdir, realpath, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileFault } from './apply-error.ts'
import { createDiskTree } from './disk-tree.ts'
import type { ApplySetting } from './machine.ts'
import { resolveInRoot } from './resolve-in-root.ts'

/** Where a machine keeps what the executor must remember. */
export const STATE_PATH = '/var/lib/muster'

/** The state directory of the machine below `root` as a path of this machine; links in the tree cannot lead it out. */
export async function defaultStateDirectory(root: string): Promise<string> {
  const path = await resolveInRoot(createDiskTree(root), STATE_PATH)
  return root === '/' ? path : join(root, path)
}

/**
 * Makes the state directory (0700) and what is above it; closes one that others may look into.
 *
 * @throws {ApplyError} not-permitted, disk-full, write-failed
 */
export async function prepareStateDirectory(path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o755 })
    await mkdir(path, { recursive: true, mode: 0o700 })
    const { mode, uid } = await stat(path)
    if ((mode & 0o077) !== 0 && uid === process.geteuid?.()) await chmod(path, 0o700)
  } catch (error) {
    throw fileFault(error, path, 'made')
  }
}

/** The canonical path in the tree where the state directory lies, or undefined when it lies elsewhere. */
export async function stateInTree(setting: Pick<ApplySetting, 'root' | 'stateDirectory'>): Promise<string | undefined> {
  const root = await realpath(setting.root)
  const state = await realpath(setting.stateDirectory).catch(() => setting.stateDirectory)
  if (root === '/') return state
  return state.startsWith(`${root}/`) ? state.slice(root.length) : undefined
}
