import { realpath, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { ImageError } from '@muster/image-hooks/image-error.ts'
import type { IdentityNote } from '@muster/image-hooks/image-notes.ts'
import { defaultStateDirectory } from '../apply/state-directory.ts'
import { readHolder } from '../apply/state-lock.ts'
import { RUN_LOCK } from '../service/run-lock.ts'

/** The top directory of a tree, without links. @throws {ImageError} no-root-tree */
export async function treeRoot(path: string): Promise<string> {
  try {
    const root = await realpath(resolve(path))
    if ((await stat(root)).isDirectory()) return root
  } catch (cause) {
    throw noTree(path, cause)
  }
  throw noTree(path, undefined)
}

function noTree(path: string, cause: unknown): ImageError {
  return new ImageError('no-root-tree', `${path} is no directory that can be read`, {
    cause,
    hint: 'Give --root the top directory of an installed system, for example where its image is mounted.',
  })
}

/** Refuses to take the state away below an agent. @throws {ImageError} agent-runs */
export async function refuseRunningAgent(root: string): Promise<void> {
  const holder = await readHolder(join(await defaultStateDirectory(root), RUN_LOCK))
  if (holder === undefined) return
  throw new ImageError('agent-runs', `an agent runs here, as process ${holder.pid}`, {
    hint: 'Stop it first: systemctl stop muster-agent',
  })
}

/** What must not be in an image, in words. */
export function identityLines(notes: readonly IdentityNote[]): readonly string[] {
  if (notes.length === 0) return []
  const lines = notes.flatMap(({ path, what, hint }) => [`  ${path}: ${what}`, `    next: ${hint}`])
  return ['note: as an image, this tree would give to each of its machines:', ...lines]
}
