import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DEFAULT_CHANNEL } from '@muster/contexts/release/release.ts'
import { cachedBuild } from '@muster/packaging/cached-build.ts'
import { PROJECT_ROOT, startProgram } from '../program.ts'

/** What a site's coordinator offers to machines, signed by a key of the site. */
export interface SiteReleases {
  /** For `release.keys` of machines that are to believe it. */
  readonly publicKey: string
  /** Has a channel offer an executable. */
  publish(release: SiteRelease): Promise<void>
  /** Has a channel offer a shell script in place of an executable. */
  publishScript(release: Omit<SiteRelease, 'file'> & { readonly script: string }): Promise<void>
}

/** One release of a site. */
export interface SiteRelease {
  /** @default the channel that machines look at by themselves */
  readonly channel?: string
  readonly version: string
  /** An executable by the name of the agent. */
  readonly file: string
}

const RELEASE = join(PROJECT_ROOT, 'packaging/src/release/main.ts')

/** As the operator of a coordinator does: a key, and the agent of this checkout as the first release. */
export async function createReleases(folder: string): Promise<SiteReleases> {
  const key = join(folder, 'release.key')
  const publicKey = (await runRelease(['keygen', '--out', key])).trim()
  const publish = async ({ channel = DEFAULT_CHANNEL, version, file }: SiteRelease) => {
    // An executable for tests does not tell a commit.
    const said = ['--release-version', version, '--commit', '000000000000', '--channel', channel]
    await runRelease(['publish', '--key', key, '--dist', join(folder, 'dist'), ...said, file])
  }
  await publish({ version: '0.1.0', file: (await cachedBuild()).file })
  return {
    publicKey,
    publish,
    async publishScript({ script, ...release }) {
      const own = join(folder, 'scripts', release.version)
      mkdirSync(own, { recursive: true })
      const file = join(own, 'muster-agent')
      writeFileSync(file, script)
      chmodSync(file, 0o755)
      await publish({ ...release, file })
    },
  }
}

async function runRelease(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await startProgram(process.execPath, [RELEASE, ...args]).ended
  if (code !== 0) throw new Error(`release ${args[0]} ended with ${code}: ${stdout}${stderr}`)
  return stdout
}
