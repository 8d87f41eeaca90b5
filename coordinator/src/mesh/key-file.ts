import { dirname } from 'node:path'
import { KeepingError } from '@muster/mesh/keeping/keeping-error.ts'
import { decodeSeed, encodeSeed, MAX_BYTES } from '@muster/mesh/keeping/kept-files.ts'
import { createPrivateFile, openPrivateFolder, readPrivateFile } from '@muster/mesh/keeping/private-file.ts'
import type { Random } from '@muster/runtime/random.ts'

const SEED_BYTES = 32

/**
 * The seed of the coordinator's key; drawn when there is no file yet. Of several programs that start at once, all get the
 * same.
 *
 * @throws {KeepingError} damaged, unsafe, unusable
 */
export async function openKeyFile(path: string, random: Pick<Random, 'bytes'>): Promise<Uint8Array> {
  const known = await readKeyFile(path)
  if (known !== undefined) return known
  await openPrivateFolder(dirname(path))
  await createPrivateFile(path, encodeSeed(random.bytes(SEED_BYTES)))
  const drawn = await readKeyFile(path)
  if (drawn === undefined) throw new KeepingError('unusable', `${path} has vanished`, { hint: 'Start again.' })
  return drawn
}

/** The seed in a file; undefined when there is none. @throws {KeepingError} damaged, unsafe, unusable */
export async function readKeyFile(path: string): Promise<Uint8Array | undefined> {
  const bytes = await readPrivateFile(path, MAX_BYTES.seed)
  if (bytes === undefined) return undefined
  const seed = decodeSeed(Buffer.from(bytes).toString('utf8'))
  if (seed !== undefined) return seed
  throw new KeepingError('damaged', `${path} is no key of a mesh`, {
    hint: 'Put the key back from a backup; with another key no member of the present clusters listens any more.',
    details: { path },
  })
}
