import { describe, expect, test } from 'vitest'
import { createDiskTree } from '../../src/apply/disk-tree.ts'
import { resolveInRoot } from '../../src/apply/resolve-in-root.ts'
import { makeTree } from './tree-fixture.ts'

const TREE = {
  'etc/file': 'x',
  'data/inner/file': 'y',
  'etc/absolute': { link: '/data/inner' },
  'etc/relative': { link: '../data' },
  'etc/escape': { link: '../../../../../etc/passwd' },
  'etc/outside': { link: '/../../../tmp/outside' },
  'etc/dangling': { link: '/not/there' },
  'etc/loop': { link: 'pool' },
  'etc/pool': { link: 'loop' },
  'home/user/.ssh': { link: '/etc' },
} as const

describe('a path of a tree', () => {
  test.each([
    ['/etc/file', '/etc/file'],
    ['//etc/./file/', '/etc/file'],
    ['/etc/absolute/file', '/data/inner/file'],
    ['/etc/relative/inner', '/data/inner'],
    ['/etc/escape', '/etc/passwd'],
    ['/etc/outside/x', '/tmp/outside/x'],
    ['/../../../etc/file', '/etc/file'],
    ['/etc/absolute/../../etc/file', '/etc/file'],
    ['/etc/dangling/below', '/not/there/below'],
    ['/new/path', '/new/path'],
  ])('%s means %s, as in a chroot', async (path, canonical) => {
    expect(await resolveInRoot(createDiskTree(makeTree(TREE)), path)).toBe(canonical)
  })

  test('keeps a link at its end when asked to', async () => {
    const tree = createDiskTree(makeTree(TREE))
    expect(await resolveInRoot(tree, '/etc/relative', { followLast: false })).toBe('/etc/relative')
    expect(await resolveInRoot(tree, '/etc/absolute/file', { followLast: false })).toBe('/data/inner/file')
  })

  test('with links in a circle is refused', async () => {
    await expect(resolveInRoot(createDiskTree(makeTree(TREE)), '/etc/loop/x')).rejects.toMatchObject({
      code: 'link-loop',
    })
  })

  test('with a link below a home is refused where links are not trusted', async () => {
    const resolving = resolveInRoot(createDiskTree(makeTree(TREE)), '/home/user/.ssh/keys', {
      noLinksBelow: '/home/user',
    })
    await expect(resolving).rejects.toMatchObject({ code: 'wrong-type' })
  })

  test.each(['etc/file', '', `/${'x'.repeat(5000)}`, '/etc\0/file'])(
    'that is no absolute path is refused (%#)',
    async (path) => {
      await expect(resolveInRoot(createDiskTree(makeTree(TREE)), path)).rejects.toMatchObject({ code: 'wrong-type' })
    },
  )
})
