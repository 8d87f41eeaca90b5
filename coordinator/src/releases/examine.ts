import { createHash } from 'node:crypto'
import type { ReleaseFile } from '@muster/contexts/release/release.ts'
import type { ReleaseConfig } from '../config.ts'
import type { Finding } from '../operator/doctor.ts'
import { openReleases } from './open-releases.ts'
import type { Channel, ReleaseFolder } from './release-folder.ts'

const check = 'releases'
const fix = 'Publish the release again: see docs/guides/bootstrap.md.'

/** Whether machines can fetch what the channels promise; reads every file once. */
export async function examineReleases(config: ReleaseConfig | undefined): Promise<readonly Finding[]> {
  if (config === undefined) return [{ check, severity: 'ok', detail: 'off' }]
  try {
    const folder = await openReleases(config)
    const channels = await folder.channels()
    if (channels.length === 0) {
      return [{ check, severity: 'warning', detail: `there is no channel in ${folder.path}`, fix }]
    }
    const findings: Finding[] = []
    for (const channel of channels) findings.push(await examineChannel(folder, channel))
    return findings
  } catch (error) {
    return [{ check, severity: 'error', detail: messageOf(error), fix: 'Correct dist-dir and release-keys.' }]
  }
}

async function examineChannel(folder: ReleaseFolder, channel: Channel): Promise<Finding> {
  const { name } = channel
  if (channel.state === 'broken') return { check, severity: 'error', detail: `${name}: ${channel.detail}`, fix }
  const { version, files } = channel.release
  for (const file of files) {
    const problem = await examineFile(folder, file)
    if (problem !== undefined) return { check, severity: 'error', detail: `${name}: ${file.sha256} ${problem}`, fix }
  }
  if (!files.some((file) => file.name === 'muster-agent')) {
    return { check, severity: 'warning', detail: `${name}: ${version} has no muster-agent`, fix }
  }
  return { check, severity: 'ok', detail: `${name}: ${version}, ${files.length} files` }
}

async function examineFile(folder: ReleaseFolder, { sha256, bytes }: ReleaseFile): Promise<string | undefined> {
  try {
    const file = await folder.open(sha256)
    if (file === undefined) return 'is not in the folder'
    const hash = createHash('sha256')
    for await (const chunk of file.handle.createReadStream()) hash.update(chunk)
    if (file.sizeBytes !== bytes) return `has ${file.sizeBytes} bytes and not ${bytes}`
    return hash.digest('hex') === sha256 ? undefined : 'has another content'
  } catch (error) {
    return `cannot be read: ${messageOf(error)}`
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
