import { chmodSync, existsSync, lstatSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { Resource } from '@muster/contexts/plan/resource.ts'
import { Secret } from '@muster/contexts/secret.ts'
import { describe, expect, test } from 'vitest'
import { applyResources, depsFor, ORIGIN } from './apply-fixture.ts'
import { roundTrip } from './round-trip.ts'
import { fillTree, isRoot, makeTree, readTree, snapshot, temporaryDirectory } from './tree-fixture.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

function file(path: string, text: string, mode = 0o644): Resource {
  return { kind: 'file', path, content: bytes(text), mode, owner: {}, origin: ORIGIN }
}

describe('a file', () => {
  test('is made with its parents, mode and content, and goes again', async () => {
    const root = makeTree()
    const { actions } = await roundTrip(root, [file('/etc/a/b/c.conf', 'A=1\n', 0o600)], () => {
      expect(readTree(root, 'etc/a/b/c.conf')).toBe('A=1\n')
      expect(lstatSync(join(root, 'etc/a/b/c.conf')).mode & 0o7777).toBe(0o600)
      expect(lstatSync(join(root, 'etc/a')).mode & 0o7777).toBe(0o755)
    })
    expect(actions).toEqual(['create'])
  })

  test('with other content is replaced, and comes back with its time', async () => {
    const root = makeTree()
    const { changes } = await roundTrip(root, [file('/etc/hostname', 'after\n')])
    expect(changes[0]).toMatchObject({ action: 'update', notes: ['other content'], undo: 'exact' })
  })

  test('that is named after an account has its numeric id in the path', async () => {
    const root = makeTree({ 'etc/passwd': 'root:x:0:0::/root:/bin/sh\nada:x:1234:1234::/home/ada:/bin/sh\n' })
    const proxy: Resource = { ...file('/tmp/x509up_u{uid}', 'PEM\n', 0o600), kind: 'file', uidOf: 'ada' } as Resource
    await roundTrip(root, [proxy], () => expect(readTree(root, 'tmp/x509up_u1234')).toBe('PEM\n'))
  })

  test('with another mode only gets the mode', async () => {
    const root = makeTree()
    const { changes } = await roundTrip(root, [file('/etc/hostname', 'before\n', 0o4755)], () => {
      expect(lstatSync(join(root, 'etc/hostname')).mode & 0o7777).toBe(0o4755)
    })
    expect(changes[0]?.notes).toEqual(['mode 0644, wanted 4755'])
  })

  test('behind a link is written where the link leads inside the tree, and the link stays', async () => {
    const outside = temporaryDirectory()
    const root = makeTree({ 'etc/link.conf': { link: join(outside, 'target.conf') } })
    await roundTrip(root, [file('/etc/link.conf', 'x')], () => {
      expect(readTree(root, join(outside, 'target.conf'))).toBe('x')
      expect(readlinkSync(join(root, 'etc/link.conf'))).toBe(join(outside, 'target.conf'))
    })
    expect(existsSync(join(outside, 'target.conf'))).toBe(false)
  })

  test('cannot leave the tree by .. or a linked directory', async () => {
    const outside = temporaryDirectory()
    const root = makeTree({ 'etc/dir': { link: `../../../../../../..${outside}` } })
    await roundTrip(root, [file('/etc/dir/x', '1'), file('/../../../../../../escaped-here', '2')], () => {
      expect(readTree(root, join(outside, 'x'))).toBe('1')
      expect(readTree(root, 'escaped-here')).toBe('2')
    })
    expect(existsSync(join(outside, 'x'))).toBe(false)
  })

  test('does not take the place of a directory or of something below a file', async () => {
    const root = makeTree()
    const before = snapshot(root)
    for (const path of ['/etc/skel', '/etc/hostname/below']) {
      await expect(applyResources(depsFor(root), [file(path, 'x')]), path).rejects.toMatchObject({ code: 'wrong-type' })
    }
    expect(snapshot(root)).toEqual(before)
  })

  test('with a secret as content shows nothing of it', async () => {
    const root = makeTree()
    const secret: Resource = {
      kind: 'file',
      path: '/etc/key',
      content: new Secret('hunter2hunter2'),
      mode: 0o600,
      owner: {},
      origin: ORIGIN,
    }
    const { changes } = await roundTrip(root, [secret], () => expect(readTree(root, 'etc/key')).toBe('hunter2hunter2'))
    expect(JSON.stringify(changes)).not.toContain('hunter2')
  })

  test.runIf(isRoot)('gets its owner from the accounts of the tree', async () => {
    const root = makeTree()
    fillTree(root, { 'etc/passwd': 'root:x:0:0::/root:/bin/sh\nann:x:4321:4322::/home/ann:/bin/sh\n' })
    const owned: Resource = {
      kind: 'file',
      path: '/etc/x',
      content: bytes('x'),
      mode: 0o644,
      owner: { user: 'ann', group: 'users' },
      origin: ORIGIN,
    }
    await roundTrip(root, [owned], () => {
      expect(lstatSync(join(root, 'etc/x'))).toMatchObject({ uid: 4321, gid: 100 })
    })
  })

  test('of an account that the machine does not have fails', async () => {
    const owned: Resource = {
      kind: 'file',
      path: '/etc/x',
      content: bytes('x'),
      mode: 0o644,
      owner: { user: 'nobody-here' },
      origin: ORIGIN,
    }
    await expect(applyResources(depsFor(makeTree()), [owned])).rejects.toMatchObject({ code: 'unknown-account' })
  })
})

describe('a directory', () => {
  const directory = (path: string, mode = 0o755): Resource => ({
    kind: 'directory',
    path,
    mode,
    owner: {},
    origin: ORIGIN,
  })

  test('is made, changed in mode, and goes again', async () => {
    const root = makeTree()
    await roundTrip(root, [directory('/srv/data/deep', 0o1777), directory('/home', 0o711)], () => {
      expect(lstatSync(join(root, 'srv/data/deep')).mode & 0o7777).toBe(0o1777)
      expect(lstatSync(join(root, 'home')).mode & 0o7777).toBe(0o711)
    })
  })

  test('into which somebody has put a file since is kept, and told', async () => {
    const root = makeTree()
    const applied = await applyResources(depsFor(root), [directory('/srv/data')])
    fillTree(root, { 'srv/data/mine': 'x' })
    const { problems } = await applied.transaction.rollback()
    expect(problems[0]).toContain('/srv/data was kept')
    expect(readTree(root, 'srv/data/mine')).toBe('x')
  })

  test('is not made in the place of a file', async () => {
    await expect(applyResources(depsFor(makeTree()), [directory('/etc/hostname')])).rejects.toMatchObject({
      code: 'wrong-type',
    })
  })
})

describe('a link', () => {
  const link = (path: string, target: string): Resource => ({ kind: 'link', path, target, origin: ORIGIN })

  test('is made, replaces another link or a file, and goes again', async () => {
    const root = makeTree()
    fillTree(root, { 'etc/old': { link: 'hostname' } })
    await roundTrip(
      root,
      [link('/etc/new', '/etc/hostname'), link('/etc/old', '../x'), link('/etc/hostname', 'y')],
      () => {
        expect(readlinkSync(join(root, 'etc/old'))).toBe('../x')
        expect(readlinkSync(join(root, 'etc/hostname'))).toBe('y')
      },
    )
  })

  test('does not nest into a directory that is there', async () => {
    await expect(applyResources(depsFor(makeTree()), [link('/etc/skel', '/x')])).rejects.toMatchObject({
      code: 'wrong-type',
    })
  })
})

describe('an edit of a file', () => {
  const edit = (path: string, whenMissing: 'create' | 'skip' | 'fail' = 'create'): Resource => ({
    kind: 'edit',
    path,
    edits: [{ edit: 'set', key: 'A', separator: '=', value: '1' }],
    whenMissing,
    mode: 0o640,
    origin: ORIGIN,
  })

  test('keeps mode and other lines, and is taken back', async () => {
    const root = makeTree()
    fillTree(root, { 'etc/site.conf': { text: '# note\nA=0\nB=2\n', mode: 0o600 } })
    await roundTrip(root, [edit('/etc/site.conf')], () => {
      expect(readTree(root, 'etc/site.conf')).toBe('# note\nA=1\nB=2\n')
      expect(lstatSync(join(root, 'etc/site.conf')).mode & 0o777).toBe(0o600)
    })
  })

  test('makes a missing file, skips it, or fails, as asked', async () => {
    const root = makeTree()
    await roundTrip(root, [edit('/etc/new.conf'), edit('/etc/none.conf', 'skip')], () => {
      expect(readTree(root, 'etc/new.conf')).toBe('A=1\n')
      expect(existsSync(join(root, 'etc/none.conf'))).toBe(false)
    })
    await expect(applyResources(depsFor(root), [edit('/etc/none.conf', 'fail')])).rejects.toMatchObject({
      code: 'write-failed',
    })
  })

  test('leaves bytes that are not UTF-8 as they are', async () => {
    const root = makeTree()
    fillTree(root, { 'etc/latin.conf': '' })
    const { writeFileSync, readFileSync } = await import('node:fs')
    writeFileSync(join(root, 'etc/latin.conf'), Buffer.from('# caf\xe9\nA=0\n', 'latin1'))
    await roundTrip(root, [edit('/etc/latin.conf')], () => {
      expect(readFileSync(join(root, 'etc/latin.conf')).toString('latin1')).toBe('# caf\xe9\nA=1\n')
    })
  })
})

describe('without root', () => {
  test('a tree of one’s own is changed, and owners that cannot be set are told as not done', async () => {
    const root = makeTree()
    const { notDone } = await applyResources(depsFor(root), [file('/etc/x', '1')], { isRoot: false })
    const needsRoot = process.geteuid?.() !== 0
    expect(readTree(root, 'etc/x')).toBe('1')
    expect(notDone.every((one) => one.needsRoot)).toBe(true)
    if (needsRoot) expect(notDone).toHaveLength(1)
  })

  test('a directory that cannot be written is named', async () => {
    if (isRoot) return
    const root = makeTree()
    chmodSync(join(root, 'etc'), 0o500)
    await expect(applyResources(depsFor(root), [file('/etc/x', '1')])).rejects.toMatchObject({ code: 'not-permitted' })
    chmodSync(join(root, 'etc'), 0o755)
  })
})
