import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CodedError } from '@muster/contexts/fault.ts'
import { openChannel } from '@muster/contexts/release/channel.ts'
import { channelPath, filePath, type Release } from '@muster/contexts/release/release.ts'
import type { ReleaseKey } from '@muster/contexts/release/release-keys.ts'
import { isWhole } from './publish.ts'

/** What was found of one channel. */
export interface ChannelFinding {
  readonly channel: string
  readonly release: Release | undefined
  /** Nothing when machines that pin the keys can install all of it. */
  readonly problems: readonly string[]
}

/**
 * Looks at a dist folder as machines do that pin these keys.
 *
 * @param channel - @default all that are there
 */
export async function verifyDist(
  dist: string,
  keys: readonly ReleaseKey[],
  channel: string | undefined,
): Promise<readonly ChannelFinding[]> {
  const channels = channel === undefined ? await channelsOf(dist) : [channel]
  return Promise.all(channels.map((name) => verifyChannel(dist, keys, name)))
}

async function verifyChannel(dist: string, keys: readonly ReleaseKey[], channel: string): Promise<ChannelFinding> {
  try {
    const token = await readFile(join(dist, channelPath(channel)), 'utf8')
    const { release } = await openChannel(token, { keys, channel })
    const problems: string[] = []
    for (const file of release.files) {
      if (await isWhole(join(dist, filePath(file.sha256)), file)) continue
      problems.push(`${file.name} for ${file.os} ${file.arch}: ${filePath(file.sha256)} is missing or another`)
    }
    return { channel, release, problems }
  } catch (error) {
    if (!(error instanceof CodedError) && !(error instanceof Error && 'code' in error)) throw error
    return { channel, release: undefined, problems: [error.message] }
  }
}

async function channelsOf(dist: string): Promise<readonly string[]> {
  const names = await readdir(join(dist, 'channels'))
  return names.filter((name) => name.endsWith('.jws')).map((name) => name.slice(0, -'.jws'.length))
}
