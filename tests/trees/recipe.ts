import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { arch } from 'node:os'
import { fileURLToPath } from 'node:url'
import { DOCUMENTS } from './debootstrap.ts'

/** What a Debian tree for the tests consists of. */
export interface TreeRecipe {
  readonly name: string
  /** Debian packages above the required ones. */
  readonly packages: readonly string[]
  /** Debian's paths that are left out, since nothing reads them. */
  readonly leaveOut: readonly string[]
  readonly directories: readonly string[]
  readonly files: readonly FixtureFile[]
  readonly systemGroups: readonly string[]
}

/** A file laid into the tree on top of Debian's. */
export interface FixtureFile {
  readonly path: string
  /** Name below `fixtures/`. */
  readonly fixture: string
  readonly mode: number
}

/**
 * A minimal Debian with what an image for the public contexts brings: CernVM-FS folders, the groups `wheel` and
 * `docker`, the EOS daemon, a display manager's configuration. The big programs are stand-ins, since what the tests
 * look at is what the agent writes for them; ssh, systemd and the account tools are Debian's own.
 */
export const MINIMAL: TreeRecipe = {
  name: 'minimal',
  packages: ['systemd', 'procps', 'openssh-server'],
  leaveOut: DOCUMENTS,
  directories: ['/cvmfs', '/etc/cvmfs/config.d', '/etc/cvmfs/keys', '/etc/cernvm', '/etc/sysconfig'],
  files: [
    { path: '/usr/lib/systemd/system/eosd.service', fixture: 'eosd.service', mode: 0o644 },
    { path: '/usr/lib/systemd/system/docker.service', fixture: 'docker.service', mode: 0o644 },
    { path: '/usr/lib/systemd/system/squid.service', fixture: 'squid.service', mode: 0o644 },
    { path: '/etc/squid/squid.conf', fixture: 'squid.conf', mode: 0o644 },
    { path: '/usr/sbin/squid', fixture: 'squid.sh', mode: 0o755 },
    { path: '/etc/lxdm/lxdm.conf', fixture: 'lxdm.conf', mode: 0o644 },
  ],
  systemGroups: ['wheel', 'docker'],
}

/** The same with Debian's cloud-init, for the comparison of the benchmark. */
export const WITH_CLOUD_INIT: TreeRecipe = {
  ...MINIMAL,
  name: 'cloud-init',
  packages: [...MINIMAL.packages, 'cloud-init'],
}

/** Text of a fixture. */
export function readFixture(name: string): Buffer {
  return readFileSync(fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url)))
}

/** Identity of what a recipe makes on this kind of machine: a changed recipe or fixture makes a new tree. */
export function recipeDigest(recipe: TreeRecipe): string {
  const hash = createHash('sha256').update(JSON.stringify([LAYOUT, arch(), recipe]))
  for (const { fixture } of recipe.files) hash.update(readFixture(fixture))
  return hash.digest('hex').slice(0, 16)
}

/** Raised when the builder itself changes what comes out. */
const LAYOUT = 1
