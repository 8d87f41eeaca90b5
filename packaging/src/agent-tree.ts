import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { BuildError } from './build-error.ts'
import { runTool } from './run-tool.ts'

/** The files of a package, as they come to stand in a machine. */
export interface PackageTree {
  readonly folder: string
  /** Files that an administrator may change and an upgrade leaves alone; with their leading slash, sorted. */
  readonly configFiles: readonly string[]
}

const MANIFEST = 'usr/lib/muster/manifest.json'
const ENABLED = 'etc/systemd/system/multi-user.target.wants'

/**
 * Lays out what the agent installs when it is asked to: a package has the same files as an image. Not in it: whether
 * the unit is enabled, which presets decide, and `/bin/sh.before` and `/bin/sh.after`, which a package cannot have
 * where `/bin` is a link; the scripts of the packages do both.
 */
export function layAgentTree(agent: string, folder: string): PackageTree {
  mkdirSync(join(folder, 'etc'), { recursive: true, mode: 0o755 })
  const release = join(folder, 'etc/os-release')
  writeFileSync(release, 'ID=linux\n')
  runTool(agent, ['install', '--root', folder, '--no-legacy-names'], { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } })
  rmSync(release)
  rmSync(join(folder, 'etc/systemd'), { recursive: true })
  return { folder, configFiles: configFilesOf(readFileSync(join(folder, MANIFEST), 'utf8')) }
}

function configFilesOf(manifest: string): readonly string[] {
  const { entries }: { readonly entries?: readonly Record<string, unknown>[] } = JSON.parse(manifest)
  const files = (entries ?? []).flatMap(({ kind, path, isConfig }) =>
    kind === 'file' && isConfig === true && typeof path === 'string' ? [path] : [],
  )
  if (files.some((path) => path.startsWith(`/${ENABLED}`)) || files.length === 0) {
    throw new BuildError(
      'the agent has installed other files than its packages know',
      'See packaging/src/agent-tree.ts.',
    )
  }
  return files.sort()
}
