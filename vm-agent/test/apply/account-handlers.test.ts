import { execFileSync } from 'node:child_process'
import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import type { PasswordValue, Resource } from '@muster/contexts/plan/resource.ts'
import { Secret } from '@muster/contexts/secret.ts'
import { describe, expect, test } from 'vitest'
import { applyResources, depsFor, ORIGIN } from './apply-fixture.ts'
import { roundTrip } from './round-trip.ts'
import { fillTree, isRoot, makeTree, readTree, snapshot } from './tree-fixture.ts'

const group = (name: string, isSystem = false): Resource => ({ kind: 'group', name, isSystem, origin: ORIGIN })
const user = (name: string, primary = name, more: Partial<Extract<Resource, { kind: 'user' }>> = {}): Resource => ({
  kind: 'user',
  name,
  group: primary,
  shell: '/bin/bash',
  groupsWhenCreated: ['wheel', 'sudo'],
  groups: ['users'],
  origin: ORIGIN,
  ...more,
})
const password = (name: string, value: PasswordValue): Resource => ({
  kind: 'password',
  user: name,
  password: value,
  origin: ORIGIN,
})
const key = (name: string, text: string): Resource => ({ kind: 'ssh-key', user: name, key: text, origin: ORIGIN })

const shadowOf = (root: string, name: string) =>
  readTree(root, 'etc/shadow')
    .split('\n')
    .find((line) => line.startsWith(`${name}:`))
    ?.split(':')

describe('a user in a tree', () => {
  test('gets ids, groups, a home with the skeleton, and all of it goes again', async () => {
    const root = makeTree()
    await roundTrip(root, [group('sf', true), user('ganis', 'sf')], () => {
      expect(readTree(root, 'etc/passwd')).toContain('ganis:x:1000:999::/home/ganis:/bin/bash\n')
      expect(readTree(root, 'etc/group')).toContain('sf:x:999:\nganis:x:1000:\n')
      expect(readTree(root, 'etc/group')).toContain('sudo:x:27:ganis\nusers:x:100:ganis\n')
      expect(readTree(root, 'etc/gshadow')).toContain('users:*::ganis\n')
      expect(readTree(root, 'etc/subuid')).toBe('ganis:100000:65536\n')
      expect(shadowOf(root, 'ganis')?.slice(1, 2)).toEqual(['!'])
      expect(readTree(root, 'home/ganis/.bashrc')).toBe('# skeleton\n')
      expect(lstatSync(join(root, 'home/ganis/.config')).mode & 0o777).toBe(0o700)
      if (isRoot) expect(lstatSync(join(root, 'home/ganis/.bashrc'))).toMatchObject({ uid: 1000, gid: 999 })
    })
  })

  test('with a group of its own name shares the id', async () => {
    const root = makeTree()
    await roundTrip(root, [user('ann'), user('bea')], () => {
      expect(readTree(root, 'etc/passwd')).toContain('ann:x:1000:1000::/home/ann:/bin/bash\nbea:x:1001:1001:')
      expect(readTree(root, 'etc/subuid')).toBe('ann:100000:65536\nbea:165536:65536\n')
    })
  })

  test('that exists keeps id and home, and gets shell and group; its files follow the group', async () => {
    const root = makeTree()
    await applyResources(depsFor(root), [user('ann', 'ann', { shell: '/bin/sh' })])
    await roundTrip(root, [group('new'), user('ann', 'new')], () => {
      expect(readTree(root, 'etc/passwd')).toContain('ann:x:1000:1001::/home/ann:/bin/bash\n')
      if (isRoot) expect(lstatSync(join(root, 'home/ann/.bashrc')).gid).toBe(1001)
    })
  })

  test('keeps comments, NIS entries and foreign bytes of the account files', async () => {
    const root = makeTree()
    fillTree(root, { 'etc/passwd': '# accounts\nroot:x:0:0:Ren\u00e9:/root:/bin/sh\n+@staff::::::\n' })
    await roundTrip(root, [user('ann')], () => {
      expect(readTree(root, 'etc/passwd')).toBe(
        '# accounts\nroot:x:0:0:Ren\u00e9:/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/bash\n+@staff::::::\n',
      )
    })
  })

  test('works on a machine without any account file', async () => {
    const root = makeTree({ 'etc/motd': '' })
    await roundTrip(root, [user('ann'), password('ann', { form: 'generated' })], () => {
      expect(lstatSync(join(root, 'etc/shadow')).mode & 0o777).toBe(0o600)
      expect(readTree(root, 'etc/passwd')).toBe('ann:x:1000:1000::/home/ann:/bin/bash\n')
    })
  })

  test('of a group that is not there fails', async () => {
    await expect(applyResources(depsFor(makeTree()), [user('ann', 'nowhere')])).rejects.toMatchObject({
      code: 'unknown-account',
    })
  })

  test('finds no id when the range is used up', async () => {
    const root = makeTree()
    fillTree(root, { 'etc/login.defs': 'UID_MIN 1000\nUID_MAX 1000\n' })
    await expect(applyResources(depsFor(root), [user('ann'), user('bea')])).rejects.toMatchObject({
      code: 'accounts-full',
    })
  })
})

describe('a password', () => {
  test('in plain text is stored as SHA-512 crypt that crypt(3) agrees with, and is not set twice', async () => {
    const root = makeTree()
    const plain = password('ann', { form: 'plain', secret: new Secret('corréct horse') })
    await roundTrip(root, [user('ann'), plain], () => {
      const hash = shadowOf(root, 'ann')?.[1] ?? ''
      expect(hash).toMatch(/^\$6\$[./0-9A-Za-z]{16}\$[./0-9A-Za-z]{86}$/)
      expect(readTree(root, 'etc/passwd')).not.toContain('$6$')
    })
  })

  test.each(['$6$rounds=6000$salt$abc', '$y$j9T$abc$def', '$2y$10$abcdef', '*'])(
    'given as the hash %s is stored as it is',
    async (hash) => {
      const root = makeTree()
      await roundTrip(root, [user('ann'), password('ann', { form: 'hash', secret: new Secret(hash) })], () => {
        expect(shadowOf(root, 'ann')?.[1]).toBe(hash)
      })
    },
  )

  test('to be drawn is drawn once, differently for each machine', async () => {
    const hashes: (string | undefined)[] = []
    for (const root of [makeTree(), makeTree()]) {
      await roundTrip(root, [user('ann'), password('ann', { form: 'generated' })], () => {
        hashes.push(shadowOf(root, 'ann')?.[1])
      })
    }
    expect(new Set(hashes).size).toBe(2)
  })

  test.each(['a:b', 'a\nroot::0:0:::', 'ü'])('hash that would write other fields is refused (%#)', async (hash) => {
    const root = makeTree()
    const before = readTree(root, 'etc/shadow')
    const wish = [password('root', { form: 'hash', secret: new Secret(hash) })]
    await expect(applyResources(depsFor(root), wish)).rejects.toMatchObject({ code: 'wrong-type' })
    expect(readTree(root, 'etc/shadow')).toBe(before)
  })

  test('of an account that is not there fails', async () => {
    await expect(applyResources(depsFor(makeTree()), [password('ann', { form: 'locked' })])).rejects.toMatchObject({
      code: 'unknown-account',
    })
  })
})

describe('an ssh key', () => {
  const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample ann@home'

  test('is added once, with a closed directory and file', async () => {
    const root = makeTree()
    await roundTrip(root, [user('ann'), key('ann', KEY), key('root', KEY)], () => {
      expect(readTree(root, 'home/ann/.ssh/authorized_keys')).toBe(`${KEY}\n`)
      expect(lstatSync(join(root, 'home/ann/.ssh')).mode & 0o777).toBe(0o700)
      expect(lstatSync(join(root, 'root/.ssh/authorized_keys')).mode & 0o777).toBe(0o600)
    })
  })

  test('that is there with options or another comment is not added again', async () => {
    const root = makeTree()
    fillTree(root, { 'root/.ssh/authorized_keys': `command="x" ${KEY.replace('ann@home', 'other')}` })
    expect((await applyResources(depsFor(root), [key('root', KEY)])).actions).toEqual(['none'])
    const other = KEY.replace('Example', 'Another')
    await roundTrip(root, [key('root', other)], () => {
      expect(readTree(root, 'root/.ssh/authorized_keys').split('\n')).toHaveLength(3)
    })
  })

  test('does not follow a link that the user has laid', async () => {
    const root = makeTree()
    await applyResources(depsFor(root), [user('ann')])
    fillTree(root, { 'home/ann/.ssh': { link: '/root/.ssh' } })
    const before = snapshot(root)
    await expect(applyResources(depsFor(root), [key('ann', KEY)])).rejects.toMatchObject({ code: 'wrong-type' })
    expect(snapshot(root)).toEqual(before)
  })
})

describe('our writer of account files', () => {
  test.runIf(isRoot)('gives what the tools of shadow-utils give for the same wishes', async () => {
    const ours = makeTree()
    const theirs = makeTree()
    await applyResources(depsFor(ours), [group('sf', true), group('plain'), user('ann', 'sf'), user('bea')])
    const run = (program: string, ...args: string[]) =>
      execFileSync(program, ['--prefix', theirs, ...args], { stdio: 'ignore' })
    run('groupadd', '--system', 'sf')
    run('groupadd', 'plain')
    run('useradd', '--create-home', '--shell', '/bin/bash', '--user-group', 'ann')
    // By number: with --prefix the tool looks names of groups up on this machine instead of in the tree.
    run('usermod', '--gid', '999', 'ann')
    run('usermod', '--append', '--groups', 'sudo,users', 'ann')
    run('useradd', '--create-home', '--shell', '/bin/bash', '--user-group', 'bea')
    run('usermod', '--append', '--groups', 'sudo,users', 'bea')
    for (const name of ['passwd', 'shadow', 'group', 'gshadow', 'subuid', 'subgid']) {
      expect(readTree(ours, `etc/${name}`), name).toBe(readTree(theirs, `etc/${name}`))
    }
  })
})
