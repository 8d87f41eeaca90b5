import { readFile } from 'node:fs/promises'
import { decodeReleaseKeys, type ReleaseKey } from '@muster/contexts/release/release-keys.ts'
import { ConfigError } from '@muster/runtime/config-error.ts'
import type { ReleaseConfig } from '../config.ts'
import { createReleaseFolder, type ReleaseFolder } from './release-folder.ts'

/**
 * The folder of releases as it is configured. The folder itself may come later.
 *
 * @throws {ConfigError} unreadable, invalid - the file of the keys
 */
export async function openReleases({ folder, keysFile }: ReleaseConfig): Promise<ReleaseFolder> {
  return createReleaseFolder(folder, keysFile === undefined ? [] : await readKeys(keysFile))
}

async function readKeys(file: string): Promise<readonly ReleaseKey[]> {
  try {
    return decodeReleaseKeys(await readFile(file, 'utf8'), file)
  } catch (cause) {
    const isRead = !(cause instanceof Error && 'syscall' in cause)
    throw new ConfigError(isRead ? 'invalid' : 'unreadable', cause instanceof Error ? cause.message : String(cause), {
      cause,
      hint: 'release-keys names a file with one public key on each line, as "npm run release -- keygen" prints it.',
    })
  }
}
