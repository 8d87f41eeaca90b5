import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BuiltProgram } from '@muster/packaging/build-program.ts'
import { cachedBuild } from '@muster/packaging/cached-build.ts'
import { makeDebianPackage } from '@muster/packaging/packages.ts'
import { makeRpmPackage } from '@muster/packaging/rpm-package.ts'
import { shippedProgram } from '@muster/packaging/shipped-program.ts'
import { afterAll, describe, expect, test } from 'vitest'
import { canBuildTrees, hasProgram } from '../capabilities.ts'
import { copyTree } from '../trees/debian-tree.ts'
import { NEWER_VERSION } from './newer-version.ts'

const canBuild = canBuildTrees() && hasProgram('strip') && hasProgram('dpkg-deb') && hasProgram('rpmbuild')
const folder = mkdtempSync(join(tmpdir(), 'muster-packages-'))
const CONF = 'etc/muster/agent.conf'
const ENABLED = 'etc/systemd/system/multi-user.target.wants/muster-agent.service'

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.skipIf(!canBuild)('packages of the agent', { timeout: 600_000 }, () => {
  test('the Debian package is installed, upgraded, removed and purged, and keeps what an administrator wrote', async () => {
    const usual = await agent()
    const [first, second] = [debian(usual), debian(await agent(NEWER_VERSION))]
    using tree = await copyTree()
    const at = (path: string) => join(tree.root, path)
    dpkg(tree.root, '--install', first)
    expect(run('chroot', tree.root, '/usr/lib/muster/muster-agent', '--version')).toBe(`${usual.version}\n`)
    expect(readFileSync(at('var/lib/dpkg/info/muster-agent.conffiles'), 'utf8').split('\n')).toContain(`/${CONF}`)
    expect(run('readlink', at(ENABLED))).toContain('/muster-agent.service')
    expect(run('readlink', at('bin/sh.before'))).toBe('bash\n')
    expect(run('chroot', tree.root, 'dpkg', '--verify', 'muster-agent')).toBe('')
    appendFileSync(at(CONF), 'log_level=debug\n')
    rmSync(at(ENABLED))
    dpkg(tree.root, '--install', second)
    expect(run('chroot', tree.root, '/usr/bin/muster-agent', '--version')).toBe(`${NEWER_VERSION}\n`)
    expect(readFileSync(at(CONF), 'utf8')).toContain('log_level=debug')
    // Whoever has disabled it is not overruled by an upgrade.
    expect(existsSync(at(ENABLED))).toBe(false)
    dpkg(tree.root, '--remove', 'muster-agent')
    expect([existsSync(at('usr/lib/muster/muster-agent')), existsSync(at(CONF))]).toEqual([false, true])
    mkdirSync(at('var/lib/muster'), { recursive: true })
    dpkg(tree.root, '--purge', 'muster-agent')
    const left = ['etc/muster', 'var/lib/muster', 'usr/lib/muster', 'bin/sh.before', 'bin/sh.after']
    expect(left.filter((path) => existsSync(at(path)))).toEqual([])
  })

  test('the RPM package names its settings, is installed below a root, and runs', async () => {
    const built = await agent()
    const file = makeRpmPackage({ out: folder, epoch: 1, compression: 'fast' }, built)
    expect(run('rpm', '-qp', '--configfiles', file).split('\n')).toContain(`/${CONF}`)
    expect(run('rpm', '-qp', '--requires', file)).toContain('glibc >= 2.28')
    const root = join(folder, 'rpm-root')
    mkdirSync(root)
    // Scriptlets would need a shell and systemd below the root; the Debian package runs the same lines.
    run('rpm', '--root', root, '--nodeps', '--noscripts', '--install', file)
    expect(run(join(root, 'usr/lib/muster/muster-agent'), '--version')).toBe(`${built.version}\n`)
    expect(run('rpm', '--root', root, '--verify', '--nodeps', 'muster-agent')).toBe('')
  })

  test.each([
    ['Debian', makeDebianPackage],
    ['RPM', makeRpmPackage],
  ] as const)('two %s packages of the same agent are the same bytes', async (_, make) => {
    const built = await agent()
    const [one, other] = ['one', 'other'].map((name) => {
      const out = join(folder, `${make.name}-${name}`)
      mkdirSync(out)
      return sha256(make({ out, epoch: 1_700_000_000, compression: 'fast' }, built))
    })
    expect(other).toBe(one)
  })
})

async function agent(wanted?: string): Promise<BuiltProgram> {
  const built = await cachedBuild(wanted === undefined ? {} : { version: wanted })
  return { ...built, program: shippedProgram('muster-agent'), version: run(built.file, '--version').trim() }
}

function debian(built: BuiltProgram): string {
  return makeDebianPackage({ out: folder, epoch: 1, compression: 'fast' }, built)
}

function dpkg(root: string, ...args: readonly string[]): void {
  run('dpkg', `--root=${root}`, ...args)
}

function run(program: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${stdout}${stderr}`)
  return stdout
}

function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}
