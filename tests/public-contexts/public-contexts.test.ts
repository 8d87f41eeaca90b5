import { lstatSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { canBuildTrees } from '../capabilities.ts'
import { type Ended, runMuster } from '../program.ts'
import { peopleIn, readAccount, readGroupId } from '../trees/accounts.ts'
import { copyTree, type TreeCopy } from '../trees/debian-tree.ts'
import { compareManifests, type Manifest, readManifest } from '../trees/manifest.ts'
import type { Expectation } from './expectation.ts'
import { EXPECTATIONS } from './expectations.ts'
import { defaultTarget, enabledState, sourceSettings, verifiesPassword } from './inspect-tree.ts'
import { PUBLIC_CONTEXTS, publicContextPath } from './public-context.ts'

/** Programs start one after the other, on machines that may be busy. */
vi.setConfig({ testTimeout: 180_000 })

/** A tree through its life: as Debian made it, with the context, applied again; rolled back by the last test. */
interface Life {
  readonly tree: TreeCopy
  readonly untouched: Manifest
  readonly first: Ended
  readonly applied: Manifest
  readonly second: Ended
  readonly appliedTwice: Manifest
}

test('every public context has a row of expectations', () => {
  expect(EXPECTATIONS.map(({ context }) => context).sort()).toEqual([...PUBLIC_CONTEXTS].sort())
})

describe.runIf(canBuildTrees()).each(EXPECTATIONS)('$context applied to a minimal Debian', (expected) => {
  const file = publicContextPath(expected.context)
  let life: Life
  beforeAll(async () => {
    life = await live(expected)
  })
  afterAll(() => life?.tree.remove())

  test('is valid and can be planned without changing the tree', async () => {
    const validated = await runMuster('muster', ['context', 'validate', file])
    expect(validated, validated.stderr).toMatchObject({ code: 0 })
    const planned = await runMuster('muster-agent', ['plan', file, '--root', life.tree.root])
    expect([0, 2], planned.stderr).toContain(planned.code)
    expect(compareManifests(life.appliedTwice, readManifest(life.tree.root))).toEqual([])
  })

  test('succeeds', () => {
    expect(life.first, life.first.stderr + life.first.stdout).toMatchObject({ code: 0 })
  })

  test('makes the account with its groups, shell, home and password, and no other', () => {
    const { root } = life.tree
    expect(peopleIn(root)).toEqual(expected.user === undefined ? [] : [expected.user.name])
    if (expected.user === undefined) return
    const { name, group, supplementary, password } = expected.user
    const account = readAccount(root, name)
    expect(account).toMatchObject({ group, supplementary, shell: '/bin/bash', home: `/home/${name}` })
    const home = lstatSync(join(root, 'home', name))
    expect([home.uid, home.isDirectory()]).toEqual([account?.uid, true])
    expect(lstatSync(join(root, 'home', name, '.profile')).uid).toBe(account?.uid)
    if (group !== name) expect(readGroupId(root, group)).toBeLessThan(1000)
    if ('hash' in password) expect(account?.shadow).toBe(password.hash)
    else {
      expect(account?.shadow).toMatch(/^\$6\$/)
      expect(verifiesPassword(password.plain, account?.shadow ?? '')).toBe(true)
      expect(verifiesPassword(`${password.plain}x`, account?.shadow ?? '')).toBe(false)
    }
  })

  test('writes the settings of the image, of CernVM-FS and of the login environment', () => {
    const { root } = life.tree
    expect(sourceSettings(root, '/etc/cernvm/site.conf')).toEqual(expected.cernvm)
    expect(sourceSettings(root, '/etc/cvmfs/site.conf')).toEqual(expected.cvmfs)
    expect(sourceSettings(root, '/etc/cernvm/environment.conf')).toEqual(expected.environment)
  })

  test('enables the services and chooses what the machine boots into', () => {
    const { root } = life.tree
    for (const unit of expected.enabled) expect(enabledState(root, unit), unit).toBe('enabled')
    for (const unit of ['eosd', 'squid', 'docker'].filter((name) => !expected.enabled.includes(name))) {
      expect(enabledState(root, unit), unit).toBe('disabled')
    }
    const lxdm = readFileSync(join(root, 'etc/lxdm/lxdm.conf'), 'utf8')
    const autologin = /^autologin=(.*)$/m.exec(lxdm)?.[1]
    expect(autologin).toBe(expected.desktopOf)
    if (expected.desktopOf !== undefined) expect(defaultTarget(root)).toBe('graphical.target')
  })

  test('leaves the files, folders and links of the context and its script', () => {
    const { root } = life.tree
    for (const { path, owner } of expected.directories ?? []) {
      const stats = lstatSync(join(root, path))
      expect([stats.isDirectory(), stats.uid], path).toEqual([true, readAccount(root, owner)?.uid])
    }
    for (const { path, mode, owner, content, once } of expected.files) {
      const stats = lstatSync(join(root, path))
      const text = readFileSync(join(root, path), 'utf8')
      expect((stats.mode & 0o7777).toString(8), path).toBe(mode.toString(8))
      expect(stats.uid, path).toBe(owner === undefined ? 0 : readAccount(root, owner)?.uid)
      if (typeof content === 'string') expect(text, path).toBe(content)
      else expect(text, path).toMatch(content)
      if (once !== undefined) expect(text.split(once), path).toHaveLength(2)
    }
    for (const [path, target] of Object.entries(expected.links)) {
      expect(readlinkSync(join(root, path)), path).toBe(target)
    }
  })

  test('changes nothing when it is applied again', () => {
    expect(life.second, life.second.stderr).toMatchObject({ code: 0 })
    expect(JSON.parse(life.second.stdout)).toMatchObject({ summary: { outcome: 'unchanged', changes: 0 } })
    expect(compareManifests(life.applied, life.appliedTwice)).toEqual([])
  })

  test('is taken back by a rollback, byte for byte', async () => {
    const { root } = life.tree
    const rolledBack = await runMuster('muster-agent', ['rollback', '--root', root])
    expect(rolledBack, rolledBack.stderr).toMatchObject({ code: 0 })
    expect(compareManifests(life.untouched, readManifest(root))).toEqual([])
  })
})

async function live({ context }: Expectation): Promise<Life> {
  const tree = await copyTree()
  const untouched = readManifest(tree.root)
  const apply = ['apply', publicContextPath(context), '--root', tree.root]
  const first = await runMuster('muster-agent', apply)
  const applied = readManifest(tree.root)
  const second = await runMuster('muster-agent', [...apply, '--json'])
  return { tree, untouched, first, applied, second, appliedTwice: readManifest(tree.root) }
}
