import { chmodSync, existsSync, lstatSync, mkdirSync, readlinkSync, rmSync, symlinkSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { settingsOf } from '../src/install-options.ts'
import { PATHS } from '../src/layout.ts'
import { uninstall } from '../src/uninstall.ts'
import { verify } from '../src/verify.ts'
import { installIn, makeSmallTree, snapshot, type TreeKind } from './small-tree.ts'

const KINDS: readonly TreeKind[] = ['debian', 'split', 'el']

describe.each(KINDS)('in a tree of kind %s', (kind) => {
  test('all is there after an install, a second changes nothing, and uninstall leaves the tree as it was', async () => {
    using tree = makeSmallTree(kind)
    const before = snapshot(tree.outside)
    const first = await installIn(tree)
    expect(first.changes.map(({ action }) => action)).not.toContain('replace')
    expect(await verify(tree.root, { isImage: true })).toMatchObject({ differences: [], changedConfig: [] })
    expect(tree.read(PATHS.config)).toContain('\ncoordinator = https://muster.example.org\n')
    expect(lstatSync(join(tree.root, PATHS.agent)).mode & 0o7777).toBe(0o755)
    expect(lstatSync(join(tree.root, PATHS.state)).mode & 0o7777).toBe(0o700)

    const between = snapshot(tree.outside)
    expect((await installIn(tree)).changes).toEqual([])
    expect(snapshot(tree.outside)).toEqual(between)

    expect((await uninstall({ root: tree.root, isPurge: false })).kept).toEqual([])
    rmSync(join(tree.root, '.autorelabel'), { force: true })
    expect(snapshot(tree.outside)).toEqual(before)
  })
})

describe('names that old contexts expect', () => {
  test('lead to bash, wherever it is', async () => {
    for (const kind of KINDS) {
      using tree = makeSmallTree(kind)
      await installIn(tree)
      for (const path of PATHS.shellNames) expect(readlinkSync(join(tree.root, path)), kind).toBe('bash')
    }
  })

  test('stay what they are where the image has them', async () => {
    using tree = makeSmallTree()
    tree.write('usr/bin/sh.before', 'its own')
    await installIn(tree)
    expect(tree.read('/bin/sh.before')).toBe('its own')
    await uninstall({ root: tree.root, isPurge: true })
    expect(tree.read('/bin/sh.before')).toBe('its own')
  })

  test('are left out without bash', async () => {
    using tree = makeSmallTree()
    unlinkSync(join(tree.root, 'usr/bin/bash'))
    await installIn(tree)
    expect(existsSync(join(tree.root, 'bin/sh.before'))).toBe(false)
  })
})

describe('what an administrator has set', () => {
  test('stays, and is named', async () => {
    using tree = makeSmallTree()
    tree.write(PATHS.config, 'coordinator = https://other.example.org')
    tree.write(PATHS.profile, 'mine\n')
    const report = await installIn(tree)
    expect(report.kept).toEqual([
      { path: PATHS.profile, reason: 'it was changed on this machine' },
      { path: PATHS.config, reason: 'it sets coordinator = https://other.example.org' },
    ])
    expect(tree.read(PATHS.config)).toBe('coordinator = https://other.example.org')
    await uninstall({ root: tree.root, isPurge: false })
    expect(tree.read(PATHS.config)).toBe('coordinator = https://other.example.org')
    expect(tree.read(PATHS.profile)).toBe('mine\n')
  })

  test('gets what is missing, and loses that alone at an uninstall', async () => {
    using tree = makeSmallTree()
    tree.write(PATHS.config, 'log_level = debug')
    await installIn(tree)
    expect(tree.read(PATHS.config)).toBe('log_level = debug\ncoordinator = https://muster.example.org\n')
    await installIn(tree, { settings: { console: '/dev/tty8' } })
    expect(tree.read(PATHS.config)).toBe(
      'log_level = debug\ncoordinator = https://muster.example.org\nconsole = /dev/tty8\n',
    )
    await uninstall({ root: tree.root, isPurge: false })
    expect(tree.read(PATHS.config)).toBe('log_level = debug')
  })

  test('a coordinator that was set by an earlier install stays without a new one, and beside another', async () => {
    using tree = makeSmallTree()
    await installIn(tree)
    const { kept } = await installIn(tree, { settings: { coordinator: 'https://new.example.org' } })
    expect(kept).toEqual([{ path: PATHS.config, reason: 'it sets coordinator = https://muster.example.org' }])
    await installIn(tree, { settings: {} })
    expect(await verify(tree.root, { isImage: true })).toMatchObject({ differences: [], changedConfig: [] })
  })

  test('a changed file is kept by uninstall, and taken by purge with the state', async () => {
    using tree = makeSmallTree()
    await installIn(tree)
    tree.write(PATHS.config, 'changed = 1\n')
    tree.write(`${PATHS.state}/agent-key.json`, '{}')
    expect((await uninstall({ root: tree.root, isPurge: false })).kept.toSorted()).toEqual([PATHS.config, PATHS.state])
    await installIn(tree)
    await uninstall({ root: tree.root, isPurge: true })
    expect(existsSync(join(tree.root, PATHS.state))).toBe(false)
  })
})

describe('files of others', () => {
  test('where one of ours shall be, nothing is changed and the next step is said; force takes it over', async () => {
    using tree = makeSmallTree()
    tree.write(PATHS.launcher, 'not ours')
    const before = snapshot(tree.outside)
    await expect(installIn(tree)).rejects.toMatchObject({
      code: 'foreign-file',
      hint: expect.stringContaining('--force'),
    })
    expect(snapshot(tree.outside)).toEqual(before)
    await installIn(tree, { isForced: true })
    expect(tree.read(PATHS.launcher)).not.toBe('not ours')
  })

  test('a newer version replaces what was ours, and what it does not have any more goes', async () => {
    using tree = makeSmallTree()
    await installIn(tree, { hasFullScreen: true })
    tree.write('../agent', '#!/bin/sh\necho newer\n')
    const report = await installIn(tree, { version: '2.0.0' })
    expect(report).toMatchObject({ before: '1.0.0', version: '2.0.0' })
    expect(report.changes).toEqual([
      { action: 'replace', path: PATHS.agent },
      { action: 'remove', path: PATHS.consoleUnit },
      { action: 'remove', path: `${PATHS.enabledUnits}/muster-console.service` },
    ])
  })
})

describe('a tree that wants to lead out', () => {
  test.each([
    ['a link up', '../../..'],
    ['an absolute link', 'OUTSIDE'],
  ])('%s in place of a directory stays inside', async (_, target) => {
    using tree = makeSmallTree()
    mkdirSync(join(tree.outside, 'etc/muster'), { recursive: true })
    symlinkSync(target.replace('OUTSIDE', tree.outside), join(tree.root, 'etc/muster'))
    const before = snapshot(tree.outside)
    await installIn(tree).catch(() => undefined)
    const after = [...snapshot(tree.outside)].filter(([path, text]) => before.get(path) !== text)
    expect(after.filter(([path]) => !path.startsWith('/root/'))).toEqual([])
  })

  test('a link in place of a file is never written through, and the state not emptied through one', async () => {
    using tree = makeSmallTree()
    tree.write('../secret', 'outside')
    mkdirSync(join(tree.root, 'usr/lib/muster'), { recursive: true })
    symlinkSync(join(tree.outside, 'secret'), join(tree.root, PATHS.agent))
    await expect(installIn(tree)).rejects.toMatchObject({ code: 'foreign-file' })
    await installIn(tree, { isForced: true })
    expect(tree.read('../secret')).toBe('outside')
    rmSync(join(tree.root, PATHS.state), { recursive: true })
    symlinkSync(tree.outside, join(tree.root, PATHS.state))
    await expect(installIn(tree)).rejects.toMatchObject({ code: 'foreign-file' })
    await uninstall({ root: tree.root, isPurge: true })
    expect(tree.read('../secret')).toBe('outside')
  })

  test('links in a circle are refused with the next step', async () => {
    using tree = makeSmallTree()
    symlinkSync('muster', join(tree.root, 'etc/muster'))
    await expect(installIn(tree)).rejects.toMatchObject({ code: 'unsafe-path', hint: expect.stringContaining('links') })
  })
})

describe('an image', () => {
  test('is said to have a key, a machine-id or a token, and a reset takes the first two', async () => {
    using tree = makeSmallTree()
    tree.write(PATHS.machineId, '0123456789abcdef0123456789abcdef\n')
    tree.write(PATHS.join, '[muster]\n')
    await installIn(tree)
    tree.write(`${PATHS.state}/agent-key.json`, '{}')
    const found = await verify(tree.root, { isImage: true })
    expect(found.differences.map(({ path }) => path)).toEqual([PATHS.state, PATHS.machineId, PATHS.join])
    expect((await verify(tree.root, { isImage: false })).differences).toEqual([])

    const { identity } = await installIn(tree, { isReset: true })
    expect(identity.map(({ path }) => path)).toEqual([PATHS.join])
    expect(tree.read(PATHS.machineId)).toBe('')
    expect(existsSync(join(tree.root, PATHS.state, 'agent-key.json'))).toBe(false)
  })
})

describe('verify', () => {
  test('names each thing that is not as it was installed, and reads only', async () => {
    using tree = makeSmallTree()
    await installIn(tree)
    tree.write(PATHS.unit, 'changed')
    chmodSync(join(tree.root, PATHS.launcher), 0o700)
    unlinkSync(join(tree.root, PATHS.preset))
    tree.write(PATHS.releaseKeys, 'mine')
    tree.write(`${PATHS.versions}/2.0.0/muster-agent`, 'newer')
    const before = snapshot(tree.outside)
    const report = await verify(tree.root, { isImage: false })
    expect(report.differences.map(({ path, kind }) => `${kind} ${path}`).sort()).toEqual([
      `changed ${PATHS.unit}`,
      `missing ${PATHS.preset}`,
      `mode ${PATHS.launcher}`,
    ])
    expect(report.changedConfig.map(({ path }) => path)).toEqual([PATHS.releaseKeys])
    expect(report.extraVersions).toEqual(['2.0.0'])
    expect(snapshot(tree.outside)).toEqual(before)
    await installIn(tree)
    expect((await verify(tree.root, { isImage: false })).differences).toEqual([])
  })

  test('and uninstall, where nothing is installed, say so', async () => {
    using tree = makeSmallTree()
    await expect(verify(tree.root, { isImage: false })).rejects.toMatchObject({ code: 'not-installed' })
    await expect(uninstall({ root: tree.root, isPurge: true })).rejects.toMatchObject({ code: 'not-installed' })
  })
})

test('a console on the screen stays over installs that do not ask for it again', async () => {
  using tree = makeSmallTree()
  await installIn(tree, { hasFullScreen: true, settings: settingsOf({ console: 'full-screen' }) })
  expect(await installIn(tree, { settings: {} })).toMatchObject({ changes: [], hasFullScreen: true })
  expect(existsSync(join(tree.root, PATHS.consoleUnit))).toBe(true)
})

test('an agent that shall not be enabled is not enabled by presets either, and an enabled one is disabled', async () => {
  using tree = makeSmallTree()
  await installIn(tree)
  const link = join(tree.root, PATHS.enabledUnits, 'muster-agent.service')
  expect(readlinkSync(link)).toBe(PATHS.unit)
  expect(tree.read(PATHS.preset)).toContain('\nenable muster-agent.service\n')
  await installIn(tree, { isEnabled: false })
  expect(existsSync(link)).toBe(false)
  expect(tree.read(PATHS.preset)).toContain('\ndisable muster-agent.service\n')
})

test('a folder that is no Linux tree is refused', async () => {
  using tree = makeSmallTree()
  rmSync(join(tree.root, 'etc/os-release'))
  rmSync(join(tree.root, 'usr/lib/os-release'))
  await expect(installIn(tree)).rejects.toMatchObject({ code: 'no-root-tree', hint: expect.stringContaining('--root') })
})

test('contexts of SELinux are added once to both local files, and all is labelled at the next start', async () => {
  using tree = makeSmallTree('el')
  expect((await installIn(tree)).labelling).toBe('at-next-start')
  await installIn(tree)
  const local = tree.read('etc/selinux/targeted/contexts/files/file_contexts.local')
  expect(local.match(/^\/usr\/lib\/muster\/muster-agent -- system_u:object_r:bin_t:s0$/gm)).toHaveLength(1)
  expect(local.startsWith('/srv/mine -- system_u:object_r:etc_t:s0\n')).toBe(true)
  expect(tree.read('var/lib/selinux/targeted/active/file_contexts.local')).toContain('/run/muster')
  expect(existsSync(join(tree.root, '.autorelabel'))).toBe(true)
})
