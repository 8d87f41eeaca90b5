import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { postgresProgramFolders } from '../postgres/program-folders.ts'

/** A program of the machine that some tests need, and the Debian package that has it. */
export interface NeededProgram {
  readonly program: string
  readonly debianPackage: string
  readonly neededFor: string
  /** Folders to look into besides the search path. */
  readonly folders?: () => readonly string[]
}

/** Everything beyond node and its packages that the tests use. */
export const NEEDED_PROGRAMS: readonly NeededProgram[] = [
  { program: 'chromium', debianPackage: 'chromium', neededFor: 'tests of the pages in a real browser' },
  { program: 'mmdebstrap', debianPackage: 'mmdebstrap', neededFor: 'tests that apply contexts to a Debian tree' },
  { program: 'unshare', debianPackage: 'util-linux', neededFor: 'tests in namespaces of their own' },
  { program: 'setpriv', debianPackage: 'util-linux', neededFor: 'ending programs with the tests that started them' },
  { program: 'age', debianPackage: 'age', neededFor: 'opening sealed contexts with the age program' },
  { program: 'ip', debianPackage: 'iproute2', neededFor: 'tests over networks of their own, with faults' },
  { program: 'nft', debianPackage: 'nftables', neededFor: 'tests over networks of their own, with faults' },
  { program: 'socat', debianPackage: 'socat', neededFor: 'slow links between networks, where the kernel has no netem' },
  { program: 'systemd-nspawn', debianPackage: 'systemd-container', neededFor: 'booting images in containers' },
  { program: 'dig', debianPackage: 'bind9-dnsutils', neededFor: 'asking the DNS of the agent as people do' },
  { program: 'python3', debianPackage: 'python3', neededFor: 'the part handler, and downloads by the bootstrap' },
  { program: 'ps', debianPackage: 'procps', neededFor: 'looking at the processes of machines' },
  { program: 'xz', debianPackage: 'xz-utils', neededFor: 'tarballs of the executables' },
  { program: 'shellcheck', debianPackage: 'shellcheck', neededFor: 'reading scripts that are run in machines' },
  { program: 'busybox', debianPackage: 'busybox', neededFor: 'running the bootstrap with a small shell' },
  { program: 'curl', debianPackage: 'curl', neededFor: 'the bootstrap with each program that fetches' },
  { program: 'wget', debianPackage: 'wget', neededFor: 'the bootstrap with each program that fetches' },
  { program: 'strip', debianPackage: 'binutils', neededFor: 'building the executables, and what they need of glibc' },
  { program: 'systemd-analyze', debianPackage: 'systemd', neededFor: 'judging the units of an image' },
  { program: 'setfiles', debianPackage: 'policycoreutils', neededFor: 'labelling images that have SELinux' },
  { program: 'rpmbuild', debianPackage: 'rpm', neededFor: 'building RPM packages' },
  {
    program: 'initdb',
    debianPackage: 'postgresql',
    neededFor: 'the store on a PostgreSQL server',
    folders: postgresProgramFolders,
  },
]

/** What `npm run test:vm` uses besides. */
export const VM_PROGRAMS: readonly NeededProgram[] = [
  { program: 'qemu-system-x86_64', debianPackage: 'qemu-system-x86', neededFor: 'machines under QEMU' },
  { program: 'xorriso', debianPackage: 'xorriso', neededFor: 'data for cloud-init in machines under QEMU' },
]

/** Whether a program is on the search path. */
export function hasProgram(program: string, searchPath: string): boolean {
  return searchPath.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/**
 * Installs the Debian packages of programs that are missing, when that is possible here.
 *
 * @returns the programs that are missing still
 */
export function installMissingPrograms(
  searchPath: string,
  say: (line: string) => void,
  needed: readonly NeededProgram[] = NEEDED_PROGRAMS,
): readonly NeededProgram[] {
  const missing = needed.filter((one) => isMissing(one, searchPath))
  const canInstall = process.getuid?.() === 0 && hasProgram('apt-get', searchPath)
  if (missing.length === 0 || !canInstall) return missing
  const packages = missing.map(({ debianPackage }) => debianPackage)
  say(`Installing Debian packages: ${packages.join(' ')} …`)
  apt(['update', '--quiet=2'])
  apt(['install', '--yes', '--quiet=2', '--no-install-recommends', ...packages])
  return missing.filter((one) => isMissing(one, searchPath))
}

function isMissing({ program, folders }: NeededProgram, searchPath: string): boolean {
  return !hasProgram(program, [searchPath, ...(folders?.() ?? [])].join(delimiter))
}

function apt(args: readonly string[]): void {
  spawnSync('apt-get', ['-o', 'Dpkg::Use-Pty=0', ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
}
