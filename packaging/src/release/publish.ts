import { chmod, copyFile, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { openChannel, type ReleaseSigner, type SignedRelease, sealChannel } from '@muster/contexts/release/channel.ts'
import { channelPath, filePath, Release, type ReleaseFile } from '@muster/contexts/release/release.ts'
import { compareVersions, isVersion } from '@muster/contexts/release/version.ts'
import { syncDirectory } from '@muster/runtime/durable-file.ts'
import { Value } from 'typebox/value'
import { askVersion, hashFile, type ProgramFile } from './program-file.ts'
import { PublishError } from './publish-error.ts'

/** What is published and where. */
export interface Publication {
  /** Dist folder; made when it is missing. */
  readonly dist: string
  readonly channel: string
  readonly signer: ReleaseSigner
  readonly programs: readonly ProgramFile[]
  /** @default what the programs tell */
  readonly version: string | undefined
  readonly commit: string | undefined
  /** Epoch milliseconds. */
  readonly now: number
}

/**
 * Puts programs into a dist folder and has a channel offer them. The files come first: whoever reads the channel finds
 * all that it names, also when this is interrupted.
 *
 * @throws {PublishError} bad-file, older
 */
export async function publish(publication: Publication): Promise<Release> {
  const { dist, channel, signer, programs } = publication
  const release = releaseOf(publication)
  const before = await currentRelease(dist, channel, signer)
  if (before !== undefined) refuseOlder(before.release, release)
  for (const program of programs) await putFile(dist, program)
  await replaceServed(join(dist, channelPath(channel)), `${await sealChannel(release, signer)}\n`)
  return release
}

function releaseOf({ channel, programs, version, commit, now }: Publication): Release {
  const told = version ?? versionOf(programs)
  const release = {
    version: told,
    commit: commit ?? /\+([0-9a-f]{7,64})$/.exec(told)?.[1],
    publishedAt: new Date(now).toISOString(),
    channel,
    files: programs.map(({ file }) => file),
  }
  if (Value.Check(Release, release)) return release
  const where = Value.Errors(Release, release)[0]
  const hint = 'Give --release-version 1.2.3 and --commit HASH, or programs of a checkout, which tell both.'
  throw new PublishError('bad-file', `this is no release: ${where?.instancePath || 'it'} ${where?.message}`, { hint })
}

/** All programs that can be asked here must be of one version. */
function versionOf(programs: readonly ProgramFile[]): string {
  const askable = programs.filter(({ file }) => file.arch === process.arch)
  const versions = [...new Set((askable.length === 0 ? programs : askable).map(askVersion))]
  const [version, ...others] = versions
  if (version !== undefined && others.length === 0 && isVersion(version)) return version
  throw new PublishError('bad-file', `the programs tell these versions: ${versions.join(', ') || 'none'}`, {
    hint: 'A release has one version, like 1.2.3 or 1.2.3+0123abc. Build all programs from one commit.',
  })
}

/** What the channel offers now; a channel of another key is one that machines with this key never saw. */
async function currentRelease(
  dist: string,
  channel: string,
  signer: ReleaseSigner,
): Promise<SignedRelease | undefined> {
  try {
    return await openChannel(await readFile(join(dist, channelPath(channel)), 'utf8'), { keys: [signer.x], channel })
  } catch {
    return undefined
  }
}

function refuseOlder(before: Release, release: Release): void {
  const hint = 'Agents do not go back. Publish what you want them to run as a new version.'
  if (compareVersions(release.version, before.version) < 0) {
    throw new PublishError('older', `the channel has ${before.version}, which is newer than ${release.version}`, {
      hint,
    })
  }
  if (release.publishedAt <= before.publishedAt) {
    throw new PublishError('older', `the channel has a release of ${before.publishedAt}, which is not before now`, {
      hint: 'Set the clock of this machine.',
    })
  }
}

async function putFile(dist: string, { path, file }: ProgramFile): Promise<void> {
  const target = join(dist, filePath(file.sha256))
  if (await isWhole(target, file)) return
  await mkdir(join(dist, 'sha256'), { recursive: true })
  const temporary = `${target}.new`
  await copyFile(path, temporary)
  await chmod(temporary, 0o644)
  await finish(temporary, target)
}

/** Channels are read by whoever serves them, who is somebody else as a rule. */
async function replaceServed(path: string, text: string): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true })
  const temporary = `${path}.new`
  await rm(temporary, { force: true })
  const file = await open(temporary, 'wx', 0o644)
  try {
    await file.writeFile(text)
  } finally {
    await file.close()
  }
  await finish(temporary, path)
}

async function finish(temporary: string, target: string): Promise<void> {
  const file = await open(temporary, 'r+')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, target)
  await syncDirectory(join(target, '..'))
}

/** Whether a file is there with the right content. */
export async function isWhole(path: string, { bytes, sha256 }: ReleaseFile): Promise<boolean> {
  try {
    return (await stat(path)).size === bytes && (await hashFile(path)) === sha256
  } catch {
    // Missing or unreadable: it is put there.
    return false
  }
}
