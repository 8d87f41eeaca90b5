import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { getRawAsset, isSea } from 'node:sea'
import { ImageError } from './image-error.ts'

/** A file of `image-hooks/files`. */
export type ShippedFile =
  | 'muster-agent.sh'
  | 'muster-agent.service'
  | 'muster-console.service'
  | 'muster-starting.service'
  | 'muster-starting.sh'
  | '50-muster.preset'
  | 'muster.tmpfiles'
  | 'muster-cloud-init.tmpfiles'
  | 'cloud-init-after-tmpfiles.conf'
  | 'agent.conf'
  | 'release.keys'
  | '50_muster.cfg'
  | 'muster_part_handler.py'
  | 'muster-environment.sh'
  | 'muster.fc'

/** Reads a file that is shipped with this program. */
export type ReadShipped = (name: ShippedFile) => Promise<Uint8Array>

const FOLDER = 'image-hooks/files'

/** From inside the single executable, or from the folder of the checkout. @throws {ImageError} no-agent */
export async function readShipped(name: ShippedFile): Promise<Uint8Array> {
  if (isSea()) return new Uint8Array(getRawAsset(`${FOLDER}/${name}`))
  // Undefined in a bundle that is no executable, which has no files beside it.
  const here: string | undefined = import.meta.dirname
  if (here !== undefined) return new Uint8Array(await readFile(join(here, '../files', name)))
  throw new ImageError('no-agent', 'This program has no files to install with it', {
    hint: 'Use the single executable, or a checkout.',
  })
}
